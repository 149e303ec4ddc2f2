import 'reflect-metadata';
import { Command, InvalidArgumentError } from 'commander';
import { InvalidConfiguration } from '../platform/config/index.js';
import { migrate } from './migrate.js';
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

program
  .command('migrate')
  .description('copy a store to another and compare the two; goes on where it was interrupted')
  .requiredOption('--from <url>', 'the store to copy: file:…, mongodb://… or mongodb+srv://…')
  .requiredOption('--to <url>', 'the store to copy it to, which nothing else may have used')
  .option('--verify-only', 'copy nothing, only compare')
  .option('--json', 'print what was found as JSON')
  .option(
    '--lease <seconds>',
    'LEASE_DURATION of the services on a MongoDB, by which to tell whether one is running',
    seconds,
    15,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (options: Parameters<typeof migrate>[0]) => {
    process.exitCode = await migrate(options, process.stdout, process.stderr);
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
