import type { AttemptResult } from '../core/job/attempt.js';
import type { CommandRunner } from '../ports/command-runner.js';
import type { AttemptContext, NodeExecutor } from '../ports/node-executor.js';
import { commandResult } from './command-result.js';
import { ARGS, COMMAND, CWD, ENV } from './command-shapes.js';

interface ProcessConfig {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly success_exit_codes?: readonly number[];
}

/** Runs a program, with no shell between; its exit code decides. */
export function createProcessExecutor(runner: CommandRunner): NodeExecutor {
  return {
    type: 'process',
    summary: 'Runs a program with arguments, no shell between; its exit code decides.',
    resultBasis: () => null,
    configShape: {
      type: 'object',
      properties: {
        command: COMMAND,
        args: ARGS,
        env: ENV,
        cwd: CWD,
        stdin: {
          type: 'string',
          maxLength: 1_000_000,
          description: 'Written to its standard input, which is empty otherwise.',
        },
        success_exit_codes: {
          type: 'array',
          items: { type: 'integer', minimum: 0, maximum: 4_294_967_295 },
          minItems: 1,
          maxItems: 256,
          default: [0],
          description: 'Exit codes that mean success.',
        },
      },
      required: ['command'],
      additionalProperties: false,
      examples: [
        { command: 'npm', args: ['test'], cwd: '/srv/shop', env: { CI: 'true' } },
        { command: 'grep', args: ['-q', 'ready', '/var/log/app.log'], success_exit_codes: [0, 1] },
      ],
    },
    async execute(attempt: AttemptContext): Promise<AttemptResult> {
      const config = attempt.config as unknown as ProcessConfig;
      try {
        const outcome = await runner.run(
          attempt,
          {
            command: config.command,
            args: config.args ?? [],
            env: config.env ?? {},
            ...(config.cwd === undefined ? {} : { cwd: config.cwd }),
            ...(config.stdin === undefined ? {} : { stdin: config.stdin }),
          },
          attempt.signal,
        );
        return commandResult(outcome, config.success_exit_codes);
      } finally {
        await runner.release(attempt);
      }
    },
    reclaim: (attempt) => runner.reclaim(attempt),
  };
}
