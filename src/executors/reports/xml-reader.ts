/** What an XML document holds, told in the order of the document. */
export interface XmlHandler {
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  /** Character data, decoded; one run of text may arrive in several pieces. */
  text(text: string): void;
  close(name: string): void;
}

/** The document is not well-formed, or asks for something that a report has no need of. */
export class MalformedXml extends Error {
  readonly code = 'malformed_xml';
  constructor(message: string) {
    super(message);
    this.name = 'MalformedXml';
  }
}

const MAX_DEPTH = 256;
const MAX_TAG_CHARS = 4 * 1024 * 1024;
const NAME = /[^\s/>="'<]+/y;
const ATTRIBUTE = /\s+([^\s/>="'<]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
const SPACE = /^\s*$/;
const ENTITY = /&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(amp|lt|gt|quot|apos));/g;
const PREDEFINED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/**
 * Reads XML piece by piece, so that a large report neither holds the event loop nor has to be in
 * memory whole. No document type is expanded and no entity but XML's own five is known, so nothing
 * outside the document is ever fetched and nothing in it can grow. Control characters that XML 1.0
 * forbids are let through, because test runners do write them.
 */
export class XmlReader {
  private pending = '';
  /** How far the tag at the start of `pending` has been looked through, and inside which quote. */
  private scanned = 0;
  private quote = '';
  private section: '' | ']]>' | '-->' = '';
  private readonly path: string[] = [];
  private rootSeen = false;

  constructor(private readonly handler: XmlHandler) {}

  /** Takes the next piece. Throws {@link MalformedXml}. */
  write(piece: string): void {
    this.pending += piece;
    for (;;) {
      const before = this.pending;
      if (before === '') return;
      if (this.section !== '') this.readSection(this.section);
      else if (before.startsWith('<')) this.readMarkup();
      else this.readText();
      if (this.pending === before) return;
    }
  }

  /** To be called after the last piece. Throws {@link MalformedXml} when the document is not whole. */
  end(): void {
    const open = this.path.at(-1);
    if (this.pending !== '' || this.section !== '') {
      throw new MalformedXml('it ends in the middle of a tag or section');
    }
    if (open !== undefined) throw new MalformedXml(`it ends before <${open}> is closed`);
    if (!this.rootSeen) throw new MalformedXml('it is empty');
  }

  private readText(): void {
    const stop = this.pending.indexOf('<');
    let end = stop === -1 ? this.pending.length : stop;
    if (stop === -1) {
      // An entity may be cut in two by the end of the piece.
      const entity = this.pending.lastIndexOf('&');
      if (entity !== -1 && end - entity < 12 && !this.pending.includes(';', entity)) end = entity;
    }
    const text = this.pending.slice(0, end);
    this.pending = this.pending.slice(end);
    if (this.path.length > 0) this.handler.text(decode(text));
    else if (!SPACE.test(text.replace(/^\uFEFF/, ''))) {
      throw new MalformedXml('there is text outside of its root element');
    }
  }

  private readSection(terminator: ']]>' | '-->'): void {
    const stop = this.pending.indexOf(terminator);
    // The last two characters may be the start of the terminator.
    const end = stop === -1 ? Math.max(0, this.pending.length - 2) : stop;
    const text = this.pending.slice(0, end);
    this.pending = this.pending.slice(stop === -1 ? end : end + terminator.length);
    if (stop !== -1) this.section = '';
    if (terminator === ']]>' && text !== '') this.handler.text(text);
  }

  private readMarkup(): void {
    const { pending } = this;
    if (pending.startsWith('<!')) {
      if (pending.startsWith('<!--')) this.enter('-->', 4);
      else if (pending.startsWith('<![CDATA[')) this.enter(']]>', 9);
      else if (pending.length >= 9) throw new MalformedXml('document types are not read');
      return;
    }
    if (pending.startsWith('<?')) {
      const stop = pending.indexOf('?>');
      if (stop !== -1) this.pending = pending.slice(stop + 2);
      else this.refuseEndlessTag();
      return;
    }
    const end = this.endOfTag();
    if (end === -1) {
      this.refuseEndlessTag();
      return;
    }
    const tag = pending.slice(1, end);
    this.pending = pending.slice(end + 1);
    this.scanned = 0;
    if (tag.startsWith('/')) this.closeTag(tag.slice(1).trimEnd());
    else this.openTag(tag);
  }

  private enter(section: ']]>' | '-->', length: number): void {
    if (section === ']]>' && this.path.length === 0) {
      throw new MalformedXml('there is text outside of its root element');
    }
    this.section = section;
    this.pending = this.pending.slice(length);
  }

  /** The place of the `>` that ends the tag; one inside quotes does not. -1 when it is yet to come. */
  private endOfTag(): number {
    const { pending } = this;
    let at = Math.max(1, this.scanned);
    for (; at < pending.length; at++) {
      const char = pending.charAt(at);
      if (this.quote !== '') {
        if (char === this.quote) this.quote = '';
      } else if (char === '"' || char === "'") this.quote = char;
      else if (char === '>') return at;
      else if (char === '<') throw new MalformedXml('there is a "<" inside a tag');
    }
    this.scanned = at;
    return -1;
  }

  private refuseEndlessTag(): void {
    if (this.pending.length > MAX_TAG_CHARS) {
      throw new MalformedXml(`a tag is longer than ${MAX_TAG_CHARS} characters`);
    }
  }

  private openTag(tag: string): void {
    const empty = tag.endsWith('/');
    const end = empty ? tag.length - 1 : tag.length;
    NAME.lastIndex = 0;
    const name = NAME.exec(tag)?.[0];
    if (name === undefined) throw new MalformedXml('a tag has no name');
    if (this.path.length === 0 && this.rootSeen) {
      throw new MalformedXml('it has more than one root element');
    }
    if (this.path.length >= MAX_DEPTH) {
      throw new MalformedXml(`its elements are nested more than ${MAX_DEPTH} deep`);
    }
    const attributes = new Map<string, string>();
    let at = name.length;
    for (;;) {
      ATTRIBUTE.lastIndex = at;
      const match = ATTRIBUTE.exec(tag);
      if (match === null) break;
      attributes.set(match[1] ?? '', decode(match[2] ?? match[3] ?? ''));
      at = ATTRIBUTE.lastIndex;
    }
    if (!SPACE.test(tag.slice(at, end))) {
      throw new MalformedXml(`the attributes of <${name}> cannot be read`);
    }
    this.rootSeen = true;
    this.path.push(name);
    this.handler.open(name, attributes);
    if (empty) this.closeTag(name);
  }

  private closeTag(name: string): void {
    const open = this.path.pop();
    if (open !== name) {
      throw new MalformedXml(`</${name}> closes ${open === undefined ? 'nothing' : `<${open}>`}`);
    }
    this.handler.close(name);
  }
}

/** Unknown entities stay as they are written. */
function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return PREDEFINED[name] ?? whole;
    const point = decimal === undefined ? parseInt(hex ?? '', 16) : parseInt(decimal, 10);
    return point > 0x10ffff ? whole : String.fromCodePoint(point);
  });
}
