// How far devices are known to have come, so that an acknowledgement reads only what is new in it. Only a hint: where the
// row under its lock says otherwise, the entries in question are read again.

const devicesMax = 200_000

export class Hints {
  #recent = new Map<string, number>()
  #before = new Map<string, number>()

  /** Undefined where nothing is known. */
  deliveredTo(userId: string, deviceId: string): number | undefined {
    const name = `${userId}\0${deviceId}`
    return this.#recent.get(name) ?? this.#before.get(name)
  }

  learn(userId: string, deviceId: string, deliveredTo: number): void {
    this.#recent.set(`${userId}\0${deviceId}`, deliveredTo)
    if (this.#recent.size <= devicesMax) return
    this.#before = this.#recent
    this.#recent = new Map()
  }
}
