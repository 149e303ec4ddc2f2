import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { SECRET, token } from '../../support/service.js';
import { builtFaultyService, builtService } from '../../support/build.js';
import type { DurableMongo } from '../../support/mongo/durable-mongo.js';
import type { MongoServer } from '../../support/mongo/mongo-server.js';
import { TcpProxy } from '../../support/mongo/tcp-proxy.js';
import { ServiceProcess } from '../../support/service-process.js';
import { waitUntil } from '../../support/wait-until.js';
import type { Orders, Point } from '../service/points.js';
import { dropDatabase } from './open-store.js';
import { SLOTS, Workload } from './workload.js';

const POINT_LIMIT_MS = 30_000;
const USER = { sub: 'ada', tenant: 'acme' } as const;
const TOKEN_TTL_S = 86_400;

/** Ways to the database: by the proxy that the fault works on, or past it. */
export type Way = 'proxied' | 'direct';

/** The service, built, and its entry point that stops at a point. */
export interface Build {
  readonly service: string;
  readonly faultyMain: string;
}

export function buildOnce(): Build {
  return { service: builtService(), faultyMain: path.join(builtFaultyService(), 'main.js') };
}

/** The service on a database and in folders of its own, with all that can be done to it. */
export class World {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'baton-faults-'));
  readonly workload = new Workload(this.folder);
  /** Of SQLite. */
  readonly databaseFile = path.join(this.folder, 'baton.db');
  /** Of MongoDB, past the proxy. */
  readonly databaseUrl: string | undefined;
  readonly #instances: ServiceProcess[] = [];
  readonly #proxy: TcpProxy | undefined;
  readonly #server: MongoServer | undefined;
  readonly #build: Build;
  #mostRunning = 0;
  #watching = true;
  readonly #watch: Promise<void>;

  private constructor(build: Build, server?: MongoServer, proxy?: TcpProxy) {
    this.#build = build;
    this.#server = server;
    this.#proxy = proxy;
    this.databaseUrl = server?.freshDatabase();
    this.#watch = this.#watchSlots();
  }

  /** On MongoDB when there is a server, else on SQLite. */
  static async open(build: Build, server?: MongoServer): Promise<World> {
    return new World(build, server, server === undefined ? undefined : await TcpProxy.open(server));
  }

  /** The database server, where it is one that may be killed. */
  get mongod(): DurableMongo {
    const server = this.#server;
    if (server === undefined || !('kill' in server)) throw new Error('It may not be killed.');
    return server as DurableMongo;
  }

  get proxy(): TcpProxy {
    if (this.#proxy === undefined) throw new Error('SQLite has no proxy.');
    return this.#proxy;
  }

  /** Instances whose processes are there. */
  get alive(): readonly ServiceProcess[] {
    return this.#instances.filter(({ alive }) => alive);
  }

  /** The most attempts that an instance was ever seen to run at once. */
  get mostRunning(): number {
    return this.#mostRunning;
  }

  get logs(): string {
    return this.#instances
      .map((instance, at) => `instance ${at + 1}:\n${instance.log.slice(-3_000)}`)
      .join('\n');
  }

  /** Another instance, not started yet. */
  newInstance(way: Way = 'proxied'): ServiceProcess {
    const dataDir = path.join(this.folder, `instance-${this.#instances.length + 1}`);
    mkdirSync(dataDir);
    const settings = {
      DATABASE_URL: this.#urlBy(way),
      JWT_SECRET_KEY: SECRET,
      SUBMIT_PER_MINUTE: '1000000',
      MAX_RUNNING_NODES: String(SLOTS),
      MAX_RUNNING_JOBS: '20',
      LEASE_DURATION: '2',
      DATABASE_TIMEOUT: '1',
      KILL_GRACE: '1',
      LOG_LEVEL: 'warn',
    };
    const exp = Math.floor(Date.now() / 1000) + TOKEN_TTL_S;
    const options = { build: this.#build.service, token: token({ ...USER, exp }) };
    const instance = new ServiceProcess(dataDir, settings, options);
    this.#instances.push(instance);
    return instance;
  }

  /** Starts an instance that will stop at a point, having passed it so many times before. */
  launchFaulty(instance: ServiceProcess, point: Point, passes: number): Promise<void> {
    const settings = {
      FAULT_POINT: point,
      FAULT_PASSES: String(passes),
      FAULT_LEDGER: this.workload.ledger,
    };
    return instance.launch({ main: this.#build.faultyMain, settings });
  }

  /** Resolves when it is at its point, and stands still there. */
  async reached(instance: ServiceProcess): Promise<void> {
    const signal = AbortSignal.timeout(POINT_LIMIT_MS);
    await once(instance.channel, 'data', { signal }).catch((cause: unknown) => {
      throw new Error('The service did not come to its point in time.', { cause });
    });
  }

  /** Lets it go on from there. */
  goOn(instance: ServiceProcess, orders: Orders): void {
    instance.channel.write(`${JSON.stringify(orders)}\n`);
  }

  /** Ends every instance in good order. */
  async end(): Promise<void> {
    this.#watching = false;
    await this.#watch;
    await Promise.all(this.alive.map((instance) => instance.end('SIGTERM')));
  }

  async close(): Promise<void> {
    this.#watching = false;
    await Promise.all(this.alive.map((instance) => instance.kill()));
    await this.#watch;
    if (this.databaseUrl !== undefined) await dropDatabase(this.databaseUrl);
    await this.#proxy?.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #urlBy(way: Way): string {
    if (this.databaseUrl === undefined) return `file:${this.databaseFile}`;
    return way === 'direct' ? this.databaseUrl : this.proxy.urlFor(this.databaseUrl);
  }

  async #watchSlots(): Promise<void> {
    while (this.#watching) {
      const figures = await Promise.all(this.alive.map((instance) => instance.engine()));
      for (const engine of figures) {
        this.#mostRunning = Math.max(this.#mostRunning, engine?.running_nodes ?? 0);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Resolves when an instance has nothing to do any more. */
export function idle(instance: ServiceProcess): Promise<void> {
  return waitUntil(
    async () => {
      const engine = await instance.engine();
      return engine?.running_jobs === 0 && engine.queued_jobs === 0 && engine.running_nodes === 0;
    },
    10_000,
    50,
  );
}
