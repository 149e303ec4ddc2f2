#!/usr/bin/env node
import 'reflect-metadata';
import { Command, InvalidArgumentError } from 'commander';
import { InvalidConfiguration } from '../platform/config/index.js';
import { mintToken } from './token.js';

const program = new Command('baton')
  .description('Baton: durable DAG orchestration for test automation')
  .showHelpAfterError();

program
  .command('token')
  .description('make a token for development, signed with the secret of the service here')
  .option('--sub <user>', 'the user', 'developer')
  .option('--tenant <tenant>', 'the tenant; TENANT_ID when left out')
  .option('--roles <roles>', 'roles, parted by commas, such as admin', list, [])
  .option('--ttl <seconds>', 'how long it is good; ACCESS_TOKEN_TTL when left out', seconds)
  .option('--refresh', 'print the refresh token instead of the access token')
  .option('--json', 'print both tokens as JSON')
  .action(async (options: Parameters<typeof mintToken>[0]) => {
    process.stdout.write(`${await mintToken(options, process.env)}\n`);
  });

function list(text: string): string[] {
  return text.split(',').filter((each) => each !== '');
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('Give a whole number of seconds.');
  return Number(text);
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof InvalidConfiguration ? 78 : 1;
}
