// A deadline for what a client of @nestjs/microservices does.
import { lastValueFrom, type Observable, timeout } from 'rxjs'
import { unavailable } from './client.js'

/**
 * What an observable emits at last, null where it emits nothing. Past the deadline nobody is subscribed to it any more.
 * @throws RookeryError `UNAVAILABLE` past the deadline; or what the observable failed with
 */
export const within = (ms: number, what: string, asked: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(asked.pipe(timeout({ each: ms, with: () => late(what) })), { defaultValue: null })

const late = (what: string): never => {
  throw unavailable(`${what} did not answer in time`)
}
