import { Injectable } from '@nestjs/common';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { TestCase, TestCatalogue } from '../../ports/test-catalogue.js';
import { checkedBody } from '../checked-body.js';
import { Use } from '../dependencies.js';
import { TEST_CASE_NAME, TEST_CASE_SHAPE } from './test-case.shape.js';
import type {
  ListTestCasesQuery,
  PutTestCaseRequest,
  TestCaseListResponse,
  TestCaseResponse,
} from './test-cases.dto.js';
import type { Answer } from '../answer.js';

/** The test catalogue of a tenant. */
@Injectable()
export class TestCasesService {
  constructor(
    @Use('catalogue') private readonly catalogue: TestCatalogue,
    @Use('clock') private readonly clock: Clock,
  ) {}

  async list(
    principal: Principal,
    query: ListTestCasesQuery,
  ): Promise<Answer<TestCaseListResponse>> {
    const page = await this.catalogue.list(principal.tenantId, query.limit, query.cursor);
    return {
      test_cases: page.cases.map(show),
      total: page.total,
      ...(page.next === undefined ? {} : { next_cursor: page.next }),
    };
  }

  /** Rejects with `test_case_not_found`. */
  async get(principal: Principal, name: string): Promise<Answer<TestCaseResponse>> {
    const found = await this.catalogue.get(principal.tenantId, name);
    if (found === undefined) throw notFound();
    return show(found);
  }

  /** Creates or replaces. Rejects with `invalid_test_case`. */
  async put(
    principal: Principal,
    name: string,
    body: unknown,
  ): Promise<{ readonly created: boolean; readonly testCase: Answer<TestCaseResponse> }> {
    const testCase: TestCase = {
      ...checked(name, body),
      name,
      updatedAt: this.clock.now(),
      updatedBy: principal.user,
    };
    const { created } = await this.catalogue.put(principal.tenantId, testCase);
    return { created, testCase: show(testCase) };
  }

  /** Rejects with `test_case_not_found`. */
  async delete(principal: Principal, name: string): Promise<void> {
    if (!(await this.catalogue.delete(principal.tenantId, name))) throw notFound();
  }
}

function checked(name: string, body: unknown): Answer<PutTestCaseRequest> {
  if (!TEST_CASE_NAME.test(name)) {
    const message =
      'A test case is named with 1 to 256 printable characters, no space at either end, and not ".", ".." or "__proto__".';
    throw new RequestProblem('invalid_test_case', message, {
      errors: [{ in: 'path', pointer: '/name', code: 'pattern', message }],
    });
  }
  return checkedBody(TEST_CASE_SHAPE, body, 'invalid_test_case') as Answer<PutTestCaseRequest>;
}

function show({ updatedAt, updatedBy, ...rest }: TestCase): Answer<TestCaseResponse> {
  return { ...rest, updated_at: new Date(updatedAt).toISOString(), updated_by: updatedBy };
}

function notFound(): RequestProblem {
  return new RequestProblem(
    'test_case_not_found',
    'The catalogue has no test case of this name. List them at GET /api/v1/orchestration/test-cases.',
  );
}
