import { clipText, TextCollector } from './bounded-text.js';
import { MAX_TEXT_BYTES, type ReportBuilder, type TestEntry } from './report-builder.js';
import { UnreadableReport } from './test-report.js';
import type { XmlHandler } from './xml-reader.js';

type Attributes = ReadonlyMap<string, string>;

interface OpenSuite {
  readonly name: string | undefined;
  readonly file: string | undefined;
  readonly seconds: number | undefined;
  /** Seconds of what it holds, for suites that do not give their own. */
  heldSeconds: number;
}

interface OpenCase {
  readonly attributes: Attributes;
  failure?: OpenFailure;
  skipped: boolean;
  triedBefore: boolean;
}

interface OpenFailure {
  readonly status: 'failed' | 'errored';
  readonly message: string | undefined;
  readonly type: string | undefined;
  readonly body: TextCollector;
}

/** Values of `status` by which GoogleTest, CTest and their kin mark a test that did not run. */
const NOT_RUN: ReadonlySet<string> = new Set(['notrun', 'disabled', 'skipped', 'ignored']);

/**
 * Reads one JUnit XML document of any of the dialects that are about: the root is `testsuites` or
 * `testsuite`, suites nest, tests may stand beside suites, and tests are counted one by one because
 * the counts in attributes mean different things to different tools.
 */
export class JunitReport implements XmlHandler {
  private readonly suites: OpenSuite[] = [];
  private current: OpenCase | undefined;
  private body: TextCollector | undefined;
  private bodyOf = '';
  private rootSeen = false;
  private retries: 'pytest' | 'gotestsum' | 'surefire' | undefined;

  /** `document` tells the documents of one report apart. */
  constructor(
    private readonly builder: ReportBuilder,
    private readonly document: string,
  ) {}

  open(name: string, attributes: Attributes): void {
    if (!this.rootSeen) this.openRoot(name, attributes);
    if (name === 'testsuites' || name === 'testsuite') this.openSuite(attributes);
    else if (name === 'testcase') {
      this.current = { attributes, skipped: false, triedBefore: false };
    } else if (name === 'property' && attributes.get('name') === 'go.version') {
      this.retries = 'gotestsum';
    } else if (this.current !== undefined && this.body === undefined) {
      this.openDetail(this.current, name, attributes);
    }
  }

  text(text: string): void {
    this.body?.add(text);
  }

  close(name: string): void {
    if (name === this.bodyOf) {
      this.body = undefined;
      this.bodyOf = '';
    } else if (name === 'testcase' && this.current !== undefined) {
      this.finish(this.current);
      this.current = undefined;
    } else if (name === 'testsuite' || name === 'testsuites') this.closeSuite();
  }

  private openRoot(name: string, attributes: Attributes): void {
    this.rootSeen = true;
    if (name !== 'testsuites' && name !== 'testsuite') {
      throw new UnreadableReport(
        `its root element is <${name.slice(0, 100)}>, not <testsuites> or <testsuite>`,
      );
    }
    if ([...attributes.values()].some((value) => value.includes('surefire-test-report'))) {
      this.retries = 'surefire';
    }
  }

  private openSuite(attributes: Attributes): void {
    const name = attributes.get('name');
    if (this.retries === undefined && (name === 'pytest' || name === 'pytest tests')) {
      this.retries = 'pytest';
    }
    this.suites.push({
      // jest-junit writes "undefined" for tests outside of any describe.
      name: name === undefined || name === '' || name === 'undefined' ? undefined : name,
      file: attributes.get('file') ?? attributes.get('filepath'),
      seconds: seconds(attributes.get('time')),
      heldSeconds: 0,
    });
  }

  private closeSuite(): void {
    const suite = this.suites.pop();
    const own = suite?.seconds ?? suite?.heldSeconds ?? 0;
    const parent = this.suites.at(-1);
    if (parent === undefined) this.builder.addDuration(own * 1000);
    else parent.heldSeconds += own;
  }

  private openDetail(open: OpenCase, name: string, attributes: Attributes): void {
    switch (name) {
      case 'skipped':
        open.skipped = true;
        break;
      case 'failure':
      case 'error':
        if (open.failure === undefined) {
          this.body = new TextCollector(MAX_TEXT_BYTES);
          this.bodyOf = name;
          open.failure = {
            status: name === 'failure' ? 'failed' : 'errored',
            message: attributes.get('message'),
            type: attributes.get('type'),
            body: this.body,
          };
        }
        break;
      case 'flakyFailure':
      case 'flakyError':
        open.triedBefore = true;
        break;
      default:
        break;
    }
  }

  private finish(open: OpenCase): void {
    const { attributes } = open;
    const name = attributes.get('name') ?? '';
    const className = attributes.get('classname');
    const time = seconds(attributes.get('time'));
    const holder = this.suites.at(-1);
    if (holder !== undefined) holder.heldSeconds += time ?? 0;
    const file = attributes.get('file') ?? this.suites.findLast((suite) => suite.file)?.file;
    const base = {
      name,
      suite: this.suiteOf(className?.trim(), name.trim()),
      file,
      durationMs: time === undefined ? undefined : time * 1000,
      ...this.tries(`${className ?? ''}\0${name}`),
    };
    this.builder.add({ ...base, ...result(open) });
  }

  /** pytest, and the root of the others, name the tool, which says nothing of where a test belongs. */
  private suiteOf(className: string | undefined, name: string): string | undefined {
    const names = this.suites.slice(this.suites.length > 1 ? 1 : 0).flatMap((s) => s.name ?? []);
    if (this.retries !== 'pytest' && names.length > 0) return names.join(' > ');
    // Node calls every class "test", jest-junit repeats the name of the test.
    return className === '' || className === 'test' || className === name ? undefined : className;
  }

  private tries(identity: string): Pick<TestEntry, 'tries'> {
    if (this.retries === undefined) return {};
    // Surefire may list the tries of a test in the documents of different classes.
    const where = this.retries === 'surefire' ? '' : this.document;
    return {
      tries: {
        identity: `${where}\0${identity}`,
        settledBy: this.retries === 'pytest' ? 'last' : 'any',
      },
    };
  }
}

function result(open: OpenCase): Pick<TestEntry, 'status' | 'flaky' | 'message' | 'details'> {
  const status = open.attributes.get('status')?.toLowerCase() ?? '';
  // Node marks a todo test that fails as both; what is only to be done does not fail a run.
  if (open.skipped || NOT_RUN.has(status)) return { status: 'skipped' };
  if (open.failure === undefined) return { status: 'passed', flaky: open.triedBefore };
  const { failure } = open;
  const body = failure.body.take(MAX_TEXT_BYTES);
  const message = failure.message?.trim() ?? '';
  // gotestsum says no more than "Failed" there; jest-junit has no message at all.
  const telling = message !== '' && message !== 'Failed';
  return {
    status: failure.status,
    message: telling ? message : firstLines(body) || failure.type,
    details: body,
  };
}

/** The part of a body that people read first: up to the stack trace. */
function firstLines(body: string): string {
  const stack = body.search(/\n\s+at \S/);
  return clipText(stack === -1 ? body : body.slice(0, stack), MAX_TEXT_BYTES);
}

/** `0.25`, or `1,234.5` as Surefire writes it. */
function seconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value.replace(/,/g, ''));
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
