/** One environment variable: how it is read, what it means, and how `.env.example` shows it. */
export interface Setting<T> {
  readonly name: string;
  readonly group: string;
  readonly description: string;
  /** Such as `s` or `bytes`; shown beside the description. */
  readonly unit?: string;
  /** As it would be written in the environment; absent when there is none. */
  readonly defaultText?: string;
  /** Answers the value, or throws {@link BadSetting} with what is wrong with it. */
  readonly parse: (text: string | undefined) => T;
}

/** What is wrong with a value, worded to follow the setting's name. Never repeats a secret value. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting';
}

interface About {
  readonly group: string;
  readonly description: string;
}

export function integer(
  name: string,
  about: About & {
    readonly default: number;
    readonly min: number;
    readonly max: number;
    readonly unit?: string;
  },
): Setting<number> {
  const { min, max, unit } = about;
  return {
    name,
    group: about.group,
    description: about.description,
    ...(unit === undefined ? {} : { unit }),
    defaultText: String(about.default),
    parse(text) {
      if (text === undefined) return about.default;
      const value = Number(text);
      if (!/^-?\d+$/.test(text) || value < min || value > max) {
        throw new BadSetting(
          `is ${JSON.stringify(text)}; give a whole number from ${min} to ${max}`,
        );
      }
      return value;
    },
  };
}

export function choice<const T extends string>(
  name: string,
  values: readonly T[],
  about: About & { readonly default: T },
): Setting<T> {
  return {
    name,
    group: about.group,
    description: `${about.description} One of ${values.join(', ')}.`,
    defaultText: about.default,
    parse(text) {
      if (text === undefined) return about.default;
      const value = values.find((each) => each === text);
      if (value === undefined) {
        throw new BadSetting(`is ${JSON.stringify(text)}; give one of ${values.join(', ')}`);
      }
      return value;
    },
  };
}

export function text(
  name: string,
  about: About & {
    readonly default: string;
    readonly pattern: RegExp;
    readonly expected: string;
  },
): Setting<string> {
  return {
    name,
    group: about.group,
    description: about.description,
    defaultText: about.default,
    parse(value = about.default) {
      if (!about.pattern.test(value)) {
        throw new BadSetting(`is ${JSON.stringify(value)}; give ${about.expected}`);
      }
      return value;
    },
  };
}

/** A text that may be left out. */
export function optionalText(
  name: string,
  about: About & { readonly pattern: RegExp; readonly expected: string },
): Setting<string | undefined> {
  const given = text(name, { ...about, default: '' });
  return {
    name,
    group: about.group,
    description: about.description,
    parse: (value) => (value === undefined ? undefined : given.parse(value)),
  };
}

/** A value that is never shown, not even in a complaint about it. */
export function secret(name: string, about: About): Setting<string | undefined> {
  return { name, group: about.group, description: about.description, parse: (value) => value };
}

/**
 * A setting that this build knows by name and cannot honour. Leaving it out, or giving its default,
 * is fine; anything else is refused, so that nobody believes in a setting that does nothing.
 */
export function reserved(
  name: string,
  about: About & { readonly default?: string; readonly instead: string },
): Setting<undefined> {
  return {
    name,
    group: about.group,
    description: about.description,
    ...(about.default === undefined ? {} : { defaultText: about.default }),
    parse(value) {
      if (value === undefined || value === about.default) return undefined;
      throw new BadSetting(`has no effect in this build: ${about.instead}`);
    },
  };
}
