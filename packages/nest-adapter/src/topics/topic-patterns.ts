// Which topics a pattern stands for. `order.*` is for `order.placed`, and neither for `order` nor for `order.a.b`: a
// star stands for one segment.

const segmentsOf = (pattern: string): readonly string[] => pattern.split('.')

const isPattern = (topic: string): boolean => segmentsOf(topic).includes('*')

/** Whether there is a topic that both stand for. */
export function overlap(a: string, b: string): boolean {
  const [one, other] = [segmentsOf(a), segmentsOf(b)]
  return one.length === other.length && one.every((part, i) => part === '*' || other[i] === '*' || part === other[i])
}

/** A star stands for whatever has no dot. */
const formOf = (pattern: string): RegExp =>
  new RegExp(
    `^${segmentsOf(pattern)
      .map((part) => (part === '*' ? '[^.]*' : part.replaceAll(/\W/g, '\\$&')))
      .join('\\.')}$`,
  )

/** Finds what belongs to a topic, by its name or by the pattern that it falls under. */
export class ByTopic<T> {
  private readonly exact = new Map<string, T>()
  private readonly patterns: { readonly form: RegExp; readonly value: T }[] = []

  /** @param entries no two of which overlap */
  constructor(entries: Iterable<readonly [pattern: string, value: T]>) {
    for (const [pattern, value] of entries)
      if (isPattern(pattern)) this.patterns.push({ form: formOf(pattern), value })
      else this.exact.set(pattern, value)
  }

  get(topic: string): T | undefined {
    return this.exact.get(topic) ?? this.patterns.find(({ form }) => form.test(topic))?.value
  }
}
