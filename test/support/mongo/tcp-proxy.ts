import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Stands between a driver and its server, and does to the connections what networks do:
 *
 * - `open`: passes everything on;
 * - `refusing`: ends connections as soon as they are made;
 * - `silent`: takes what is sent and never answers, like a half-open connection.
 */
export type ProxyMode = 'open' | 'refusing' | 'silent';

export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #target: { readonly host: string; readonly port: number };
  #mode: ProxyMode = 'open';
  #losing: readonly string[] | undefined;

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
    if (mode === 'refusing') this.#dropAll();
  }

  /** The server gets the next message that holds all of these words, and its answer is lost. */
  loseAnswerTo(...words: readonly string[]): void {
    this.#losing = words;
  }

  /** True until a message was found whose answer is to be lost. */
  get waitingToLose(): boolean {
    return this.#losing !== undefined;
  }

  async close(): Promise<void> {
    this.#dropAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refusing') {
      client.destroy();
      return;
    }
    const server = connect(this.#target.port, this.#target.host);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const drop = (): void => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    let lost = false;
    client.on('data', (bytes) => {
      if (this.#mode === 'silent') return;
      if (this.#losing?.every((word) => bytes.includes(word)) === true) {
        this.#losing = undefined;
        lost = true;
      }
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (lost) drop();
      else if (this.#mode === 'open') client.write(bytes);
    });
    for (const socket of pair) socket.on('close', drop).on('error', drop);
  }

  #dropAll(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }
}
