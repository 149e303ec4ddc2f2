import { describe, expect, it } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MalformedXml, XmlReader } from './xml-reader.js';

interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: Element[];
}

function read(pieces: readonly string[]): Element {
  const top: Element = { name: '', attributes: {}, text: '', children: [] };
  const path: Element[] = [top];
  const last = () => path.at(-1) ?? top;
  const reader = new XmlReader({
    open(name, attributes) {
      const element = { name, attributes: Object.fromEntries(attributes), text: '', children: [] };
      last().children.push(element);
      path.push(element);
    },
    text(text) {
      last().text += text;
    },
    close() {
      path.pop();
    },
  });
  for (const piece of pieces) reader.write(piece);
  reader.end();
  return top.children[0] ?? top;
}

function cut(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  return pieces;
}

/** The same document by another parser. */
function oracle(text: string): Element {
  type Node = Record<string, unknown>;
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    ignoreDeclaration: true,
  });
  const convert = (node: Node): Element => {
    const name = Object.keys(node).find((key) => key !== ':@') ?? '';
    const held = node[name] as Node[];
    return {
      name,
      attributes: { ...(node[':@'] as Record<string, string> | undefined) },
      text: held
        .map((child) => child['#text'])
        .filter((t) => typeof t === 'string')
        .join(''),
      children: held.filter((child) => !('#text' in child)).map(convert),
    };
  };
  const roots = (parser.parse(text) as Node[]).filter((node) => !('#text' in node));
  return convert(roots[0] ?? {});
}

const fixtures = path.resolve('test/fixtures/reports');
const FILES = [
  'gotestsum.xml',
  'jest-junit.xml',
  'node-test-24.xml',
  'playwright.xml',
  'pytest.xml',
  'surefire/TEST-shop.CartTest.xml',
];

describe('XmlReader', () => {
  it.each(FILES)('reads %s as another parser does, however it is cut', (name) => {
    const text = readFileSync(path.join(fixtures, name), 'utf8');
    const whole = read([text]);
    expect(whole).toEqual(oracle(text));
    for (const size of [1, 7, 1000]) expect(read(cut(text, size))).toEqual(whole);
  });

  it('decodes the five entities and numbers, and leaves others as they are', () => {
    const text = '<a b="&lt;&#9731;&#x1F600;&nbsp;&#x110000;">&amp;&apos;&quot;&gt;&x;</a>';
    const expected = { attributes: { b: '<☃😀&nbsp;&#x110000;' }, text: '&\'">&x;' };
    expect(read([text])).toMatchObject(expected);
    expect(read(cut(text, 1))).toMatchObject(expected);
  });

  it('reads CDATA, comments and quotes that hold markup', () => {
    const text = `<a b='"x" > y'><!-- <c> --><![CDATA[<d>]] ]]]]><![CDATA[>]]></a><!-- after -->`;
    for (const pieces of [[text], cut(text, 1)]) {
      expect(read(pieces)).toEqual({
        name: 'a',
        attributes: { b: '"x" > y' },
        text: '<d>]] ]]>',
        children: [],
      });
    }
  });

  it.each([
    ['', 'it is empty'],
    ['<a><b></a>', '</a> closes <b>'],
    ['<a><b>', 'it ends before <b> is closed'],
    ['<a', 'it ends in the middle'],
    ['<a><![CDATA[x', 'it ends in the middle'],
    ['<a/><b/>', 'more than one root'],
    ['</a>', '</a> closes nothing'],
    ['hello', 'text outside'],
    ['<a b=c/>', 'attributes of <a>'],
    ['<a <b>', '"<" inside a tag'],
    ['<a>'.repeat(300), 'nested more than 256 deep'],
    ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>', 'document types'],
    ['<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>', 'document types'],
  ])('refuses %j', (text, reason) => {
    expect(() => read([text])).toThrow(MalformedXml);
    expect(() => read(cut(text, 3))).toThrow(reason);
  });

  it('refuses a tag without end before it takes the memory', () => {
    const reader = new XmlReader({ open: () => {}, text: () => {}, close: () => {} });
    const piece = ` a="${'x'.repeat(1 << 20)}"`;
    reader.write('<t');
    expect(() => {
      for (let n = 0; n < 100; n++) reader.write(piece);
    }).toThrow('longer than');
  });

  it('never throws anything else, whatever it is given', () => {
    const bits = fc.constantFrom(
      '<',
      '>',
      '/',
      '"',
      "'",
      '&',
      ';',
      '#',
      '!',
      '--',
      '[CDATA[',
      ']]>',
      '?',
      '=',
      ' ',
      'a',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 40 }), (pieces) => {
        try {
          read(pieces);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedXml);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
