import path from 'node:path';
import type { DatabaseLocation } from './database-url.js';
import { BadSetting } from './setting.js';
import type { Setting } from './setting.js';
import { SETTINGS } from './settings.js';
import { checkJwtSecret } from './jwt-secret.js';

type Values = {
  readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
};

/** What the environment says, checked and with every default filled in. Durations are in seconds. */
export type Config = Omit<Values, 'database' | 'artifactsDir'> & {
  readonly database: DatabaseLocation;
  /** Absolute. */
  readonly artifactsDir: string;
};

/** The environment cannot be started with; the message lists everything that is wrong with it. */
export class InvalidConfiguration extends Error {
  readonly code = 'invalid_configuration';
  constructor(readonly problems: readonly string[]) {
    super(
      [
        `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:`,
        ...problems.map((problem) => `  - ${problem}`),
        'Every setting is described in .env.example.',
      ].join('\n'),
    );
    this.name = 'InvalidConfiguration';
  }
}

/**
 * Reads every setting; an empty variable counts as left out.
 * Throws {@link InvalidConfiguration} with all problems at once.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const given = environment[setting.name];
    try {
      values[key] = setting.parse(given === undefined || given === '' ? undefined : given);
    } catch (error) {
      if (!(error instanceof BadSetting)) throw error;
      problems.push(`${setting.name} ${error.message}.`);
    }
  }
  const { database, artifactsDir, ...rest } = values as Values;
  const weakness = checkJwtSecret(rest.jwtSecret, rest.environment);
  if (weakness !== undefined) problems.push(weakness);
  if (problems.length > 0) throw new InvalidConfiguration(problems);

  const dataDir = path.resolve(rest.dataDir);
  return {
    ...rest,
    dataDir,
    database: database ?? { kind: 'sqlite', path: path.join(dataDir, 'baton.db') },
    artifactsDir: path.resolve(artifactsDir ?? path.join(dataDir, 'artifacts')),
  };
}
