// How far devices have acknowledged, as far as this node knows, so that an acknowledgement reads only its new entries.
// This is only a hint: where the locked row tells otherwise, the batch reads the entries again.

const devicesMax = 200_000

export class Hints {
  #recent = new Map<string, number>()
  #before = new Map<string, number>()

  /** Undefined where this node knows nothing of the device. */
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
