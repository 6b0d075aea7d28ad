// One line that shows the progress of a run: rewritten in a terminal, otherwise printed anew from time to time.

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

  /** Lets the next output begin on its own line. */
  clear(): void {
    if (this.#isShown && this.out.isTTY) this.out.write('\r\u001B[K')
    this.#isShown = false
  }
}
