import { stat } from 'node:fs/promises';
import type { Command } from '../../ports/command-runner.js';

/** Trouble of the machine, which may be over at the next try. */
const PASSING = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);

/**
 * Why a command could not be started and what to do about it. Throws the error itself when the
 * machine, not the command, is the reason.
 */
export async function explainStartError(
  error: unknown,
  command: Command,
  cwd: string,
  platform: NodeJS.Platform,
): Promise<string> {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (PASSING.has(code)) throw error;
  if (!(await isFolder(cwd))) {
    return `The working folder ${JSON.stringify(cwd)} does not exist. Give as cwd an absolute path of the machine that Baton runs on.`;
  }
  const name = JSON.stringify(command.command);
  switch (code) {
    case 'ENOENT':
      return platform === 'win32'
        ? `The command ${name} was not found. Install it where Baton runs or give its full path; scripts such as npm.cmd run in a node of type shell.`
        : `The command ${name} was not found. Install it where Baton runs, put its folder on PATH, or give its full path; for pipes, && and variables use a node of type shell.`;
    case 'EACCES':
    case 'EPERM':
      return `The command ${name} may not be executed. Make it executable (chmod +x) for the user that Baton runs as.`;
    case 'E2BIG':
      return `The arguments and environment of ${name} are longer than the system takes. Hand large data over by stdin or a file.`;
    case 'ENOEXEC':
      return `The system cannot execute ${name}. Start a script with a #! line, and use a program built for this machine.`;
    case 'ERR_INVALID_ARG_VALUE':
      return `The command, its arguments, environment and cwd must not hold NUL characters.`;
    default:
      return `The command ${name} could not be started: ${message}`;
  }
}

async function isFolder(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}
