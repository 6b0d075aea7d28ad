// The whole app inside a test: its HTTP interface on a free port, devices without a network, an empty data folder.
import { Test } from '@nestjs/testing'
import { type TestChat, testChat } from '@rookery/nest-adapter/testing'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DataSource } from 'typeorm'
import { dataFolder } from '../../testing/running-app.js'
import { AppModule } from '../app.module.js'
import { AuthService } from '../auth/auth.service.js'
import { readConfig } from '../config.js'

interface Answered {
  readonly status: number
  /** The JSON of the answer; empty if there is none. */
  readonly body: Readonly<Record<string, unknown>>
}

interface RequestOptions {
  /** A demo user, whose token the request carries. */
  readonly as?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface TestApp {
  /** Devices of the demo users. */
  readonly chat: TestChat
  /** The app's own database. */
  readonly database: DataSource
  /** A new token of a demo user. */
  tokenOf(userId: string): Promise<string>
  get(path: string, options?: RequestOptions): Promise<Answered>
  post(path: string, body?: object, options?: RequestOptions): Promise<Answered>
  delete(path: string, options?: RequestOptions): Promise<Answered>
  /** The text that Prometheus would read. */
  figures(): Promise<string>
  close(): Promise<void>
}

/** @param env the environment variables, besides the one for the data folder */
export async function startTestApp(env: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const folder = dataFolder()
  const config = readConfig({ DATABASE_URL: `sqlite:${join(folder.path, 'app.sqlite')}`, ...env })
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] }).compile()
  const app = module.createNestApplication({ logger: ['fatal'], forceCloseConnections: true })
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address() as AddressInfo
  const auth = app.get(AuthService, { strict: false })
  const tokenOf = async (username: string): Promise<string> => (await auth.login({ username, password: 'demo' })).token

  // Hashing a password takes time: requests at the same time would run one after the other.
  const tokens = new Map<string, Promise<string>>()
  const tokenAs = (userId: string): Promise<string> => {
    const token = tokens.get(userId) ?? tokenOf(userId)
    tokens.set(userId, token)
    return token
  }

  async function request(method: string, path: string, body?: object, { as, headers }: RequestOptions = {}) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(as === undefined ? {} : { authorization: `Bearer ${await tokenAs(as)}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
  }

  return {
    chat: testChat(app, { tokenOf }),
    database: app.get(DataSource, { strict: false }),
    tokenOf,
    get: (path, options) => request('GET', path, undefined, options),
    delete: (path, options) => request('DELETE', path, undefined, options),
    post: (path, body, options) => request('POST', path, body, options),
    figures: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    async close() {
      await app.close()
      folder.remove()
    },
  }
}
