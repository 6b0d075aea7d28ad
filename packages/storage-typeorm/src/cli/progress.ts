// Reports the progress of long work: on a terminal one line that changes, elsewhere a line for each tenth.
import type { Terminal } from './terminal.js'

export class ProgressLine {
  #tenths = 0
  #shown = ''

  constructor(
    private readonly command: string,
    private readonly stderr: Terminal['stderr'],
  ) {}

  /** @param done from 0 to 1 */
  show(done: number, facts: Readonly<Record<string, number>>): void {
    const line = `${this.command}: ${Math.floor(done * 100)} %, ${inWords(facts)}`
    if (this.stderr.isTTY === true) {
      if (line !== this.#shown) this.stderr.write(`\r\u001B[K${line}`)
      this.#shown = line
      return
    }
    const tenths = Math.floor(done * 10)
    if (tenths > this.#tenths) this.stderr.write(`${line}\n`)
    this.#tenths = Math.max(this.#tenths, tenths)
  }

  /** The same, for work of unknown length. */
  count(facts: Readonly<Record<string, number>>): void {
    this.#shown = `${this.command}: ${inWords(facts)}`
    this.stderr.write(this.stderr.isTTY === true ? `\r\u001B[K${this.#shown}` : `${this.#shown}\n`)
  }

  /** The last line of the work. */
  end(line: string): void {
    this.clear()
    this.stderr.write(`${this.command}: ${line}\n`)
  }

  /** Called before something else is written. */
  clear(): void {
    if (this.#shown !== '' && this.stderr.isTTY === true) this.stderr.write('\r\u001B[K')
    this.#shown = ''
  }
}

/** `1,234 rows, 2 findings` */
export const inWords = (facts: Readonly<Record<string, number>>): string =>
  Object.entries(facts)
    .map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
    .join(', ')
