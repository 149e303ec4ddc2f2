import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { MessageReader, notWritablePrimary, writeCommand } from './op-msg.js';

/**
 * Stands between a driver and its server, and does to the connections what networks do:
 *
 * - `open`: passes everything on;
 * - `refusing`: ends connections as soon as they are made;
 * - `silent`: takes what is sent and never answers, like a half-open connection.
 */
export type ProxyMode = 'open' | 'refusing' | 'silent';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Nothing passes any more, and neither side is told. */
  stranded: boolean;
}

export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #target: { readonly host: string; readonly port: number };
  #mode: ProxyMode = 'open';
  #losing: readonly string[] | undefined;
  #delay = 0;
  #refusingWrites = false;
  #refused = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async open(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The same database, by way of this proxy. */
  urlFor(url: string): string {
    const through = new URL(url);
    through.host = `127.0.0.1:${this.port}`;
    through.searchParams.set('directConnection', 'true');
    through.searchParams.set('retryWrites', 'false');
    return through.href;
  }

  /** From now on, also for connections that are open already. */
  become(mode: ProxyMode): void {
    this.#mode = mode;
    if (mode === 'refusing') this.dropConnections();
  }

  /** Ends the connections that are open now; new ones are served. */
  dropConnections(): void {
    for (const { client, server } of this.#pairs) for (const end of [client, server]) end.destroy();
    this.#pairs.clear();
  }

  /** The connections that are open now stay so, and nothing passes on them ever again. */
  strandConnections(): void {
    for (const pair of this.#pairs) pair.stranded = true;
  }

  /** The server gets the next message that holds all of these words, and its answer is lost. */
  loseAnswerTo(...words: readonly string[]): void {
    this.#losing = words;
  }

  /** True until a message was found whose answer is to be lost. */
  get waitingToLose(): boolean {
    return this.#losing !== undefined;
  }

  /** From now on answers come so many milliseconds late. */
  delayAnswers(ms: number): void {
    this.#delay = ms;
  }

  /** From now on writes are answered as by a server that is not the primary, which never sees them. */
  refuseWrites(refusing: boolean): void {
    this.#refusingWrites = refusing;
  }

  /** Writes that were answered so. */
  get refusedWrites(): number {
    return this.#refused;
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refusing') {
      client.destroy();
      return;
    }
    const server = connect(this.#target.port, this.#target.host);
    const pair: Pair = { client, server, stranded: false };
    this.#pairs.add(pair);
    const drop = (): void => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    const silent = (): boolean => pair.stranded || this.#mode === 'silent';
    const messages = new MessageReader();
    let lost = false;
    client.on('data', (bytes) => {
      for (const message of messages.push(bytes)) {
        if (silent()) continue;
        if (this.#refusingWrites && writeCommand(message) !== undefined) {
          this.#refused++;
          client.write(notWritablePrimary(message));
          continue;
        }
        if (this.#losing?.every((word) => message.includes(word)) === true) {
          this.#losing = undefined;
          lost = true;
        }
        server.write(message);
      }
    });
    server.on('data', (bytes) => {
      if (lost) drop();
      else if (this.#delay === 0) this.#answer(pair, bytes);
      else setTimeout(() => this.#answer(pair, bytes), this.#delay);
    });
    for (const socket of [client, server]) socket.on('close', drop).on('error', drop);
  }

  #answer({ client, stranded }: Pair, bytes: Buffer): void {
    if (!stranded && this.#mode === 'open') client.write(bytes);
  }
}
