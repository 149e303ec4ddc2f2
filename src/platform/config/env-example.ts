import type { Setting } from './setting.js';
import { SETTINGS } from './settings.js';

const WIDTH = 98;

/** The text of `.env.example`: every setting with its meaning, set to its default and commented out. */
export function envExample(): string {
  const lines = [
    '# Every setting of Baton, with its default. The service reads them from its environment once,',
    '# at start-up, and lists everything that is wrong with them.',
    '# This file is written by `node scripts/check-generated.mjs --write`.',
  ];
  let group = '';
  for (const setting of Object.values<Setting<unknown>>(SETTINGS)) {
    if (setting.group !== group) {
      group = setting.group;
      lines.push('', `# --- ${group} ---`);
    }
    const unit = setting.unit === undefined ? '' : ` (${setting.unit})`;
    lines.push('', ...wrap(`${setting.description}${unit}`).map((line) => `# ${line}`));
    lines.push(`#${setting.name}=${setting.defaultText ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
