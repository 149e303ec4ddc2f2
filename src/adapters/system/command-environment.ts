import type { CommandRunner } from '../../ports/command-runner.js';

/**
 * What commands get of the service's own environment. HOME is among them, since package managers,
 * browsers and compilers keep their caches there; a command runs as the user the service runs as
 * and could find that folder anyway. What is to be kept from commands belongs in variables.
 */
const EVERYWHERE = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'] as const;

/** Without these, programs on Windows do not find their libraries, folders and interpreters. */
const WINDOWS = [
  'SystemRoot',
  'SystemDrive',
  'windir',
  'ComSpec',
  'PATHEXT',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'HOMEDRIVE',
  'HOMEPATH',
  'APPDATA',
  'LOCALAPPDATA',
  'ProgramData',
  'ProgramFiles',
  'ProgramFiles(x86)',
  'NUMBER_OF_PROCESSORS',
  'PROCESSOR_ARCHITECTURE',
] as const;

export type Environment = Record<string, string>;

export interface EnvironmentSource {
  readonly service: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Names of further variables of the service that commands may see. */
  readonly inherit: readonly string[];
}

/** The environment of one command; what the node gives wins over the service's, Baton's over both. */
export function commandEnvironment(
  source: EnvironmentSource,
  attempt: Parameters<CommandRunner['run']>[0],
  outputFile: string,
  added: Readonly<Record<string, string>>,
): Environment {
  const windows = source.platform === 'win32';
  const environment: Environment = {};
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    if (windows) {
      // There the case of a name does not count, and of two spellings any might win.
      for (const present of Object.keys(environment)) {
        if (present.toLowerCase() === name.toLowerCase())
          Reflect.deleteProperty(environment, present);
      }
    }
    Object.defineProperty(environment, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  };
  const names = [...EVERYWHERE, ...(windows ? WINDOWS : []), ...source.inherit];
  for (const name of names) set(name, source.service[name]);
  for (const [name, value] of Object.entries(added)) set(name, value);
  set('BATON_TENANT_ID', attempt.tenantId);
  set('BATON_JOB_ID', attempt.jobId);
  set('BATON_NODE_ID', attempt.nodeId);
  set('BATON_ATTEMPT', String(attempt.attempt));
  set('BATON_ATTEMPT_ID', attempt.attemptId);
  set('BATON_CORRELATION_ID', attempt.correlationId);
  set('BATON_OUTPUT', outputFile);
  set('TRACEPARENT', attempt.traceparent);
  return environment;
}
