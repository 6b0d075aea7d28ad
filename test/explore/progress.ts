// One line that says where a run is: rewritten in a terminal, a new one now and then elsewhere.

const terminalEveryMs = 500
const elsewhereEveryMs = 10_000

export class Progress {
  #lastMs = -Infinity
  #isShown = false

  constructor(private readonly out: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>) {}

  show(line: string, nowMs: number): void {
    const { isTTY, columns } = this.out
    if (nowMs - this.#lastMs < (isTTY ? terminalEveryMs : elsewhereEveryMs)) return
    this.#lastMs = nowMs
    this.#isShown = true
    this.out.write(isTTY ? `\r\u001B[K${line.slice(0, columns - 1)}` : `${line}\n`)
  }

  /** What is printed next stands on a line of its own. */
  clear(): void {
    if (this.#isShown && this.out.isTTY) this.out.write('\r\u001B[K')
    this.#isShown = false
  }
}
