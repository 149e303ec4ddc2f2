import path from 'node:path';
import type { AttemptResult } from '../core/job/attempt.js';
import type { CommandRunner } from '../ports/command-runner.js';
import type { AttemptContext, NodeExecutor } from '../ports/node-executor.js';
import { commandResult } from './command-result.js';
import { ENV } from './command-shapes.js';

/** One argument of Linux holds 128 KiB, and a character takes up to 4 bytes of it. */
const MAX_SCRIPT = 32_000;

interface ShellConfig {
  readonly script: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a script by a shell, given as an argument (`-c`), so that standard input stays free. */
export function createShellExecutor(
  runner: CommandRunner,
  platform: NodeJS.Platform = process.platform,
): NodeExecutor {
  return {
    type: 'shell',
    summary: 'Runs a script by a shell; the exit code of its last command decides.',
    resultBasis: () => null,
    configShape: {
      type: 'object',
      properties: {
        script: {
          type: 'string',
          minLength: 1,
          maxLength: MAX_SCRIPT,
          description: `Given to the shell by -c. Start it with "set -e" to stop at the first command that fails. Longer ones: put them in a file and run that in a node of type process.`,
        },
        shell: {
          type: 'string',
          minLength: 1,
          maxLength: 4096,
          description:
            'A program on PATH or its path. Default /bin/sh; on Windows powershell.exe. Shells called pwsh, powershell and cmd are given their own options instead of -c.',
        },
        env: ENV,
      },
      required: ['script'],
      additionalProperties: false,
      examples: [
        { script: 'set -e\nnpm ci\nnpm test -- --shard "$SHARD"', env: { SHARD: '1/4' } },
        { script: 'set -o pipefail; make check | tee check.log', shell: 'bash' },
      ],
    },
    async execute(attempt: AttemptContext): Promise<AttemptResult> {
      const config = attempt.config as unknown as ShellConfig;
      const shell = config.shell ?? (platform === 'win32' ? 'powershell.exe' : '/bin/sh');
      try {
        const outcome = await runner.run(
          attempt,
          { command: shell, args: shellArguments(shell, config.script), env: config.env ?? {} },
          attempt.signal,
        );
        return commandResult(outcome);
      } finally {
        await runner.release(attempt);
      }
    },
    reclaim: (attempt) => runner.reclaim(attempt),
  };
}

function shellArguments(shell: string, script: string): readonly string[] {
  const name = path.win32
    .basename(shell)
    .toLowerCase()
    .replace(/\.exe$/, '');
  switch (name) {
    case 'powershell':
    case 'pwsh':
      return ['-NoProfile', '-NonInteractive', '-Command', script];
    case 'cmd':
      return ['/d', '/s', '/c', script];
    default:
      return ['-c', script];
  }
}
