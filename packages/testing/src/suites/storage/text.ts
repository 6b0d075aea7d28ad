// Text comes back byte for byte, whatever it contains.
import { expect } from 'vitest'
import { only } from './scene.js'
import type { StorageGroup } from './group.js'

const texts: Readonly<Record<string, string>> = {
  'emoji, with joiners, skin tones and flags': '😀 👩‍👩‍👧‍👦 👍🏽 🇩🇪 𝒳 𠮷',
  'right to left, with direction marks': '\u202e\u05e9\u05dc\u05d5\u05dd\u202c \u2067\u0627\u0628\u2069 \u200f',
  'zero-width characters': 'a\u200bb\u200cc\u200dd\ufeffe\u2060',
  'a composed letter': 'caf\u00e9 \u00c5 \ufb01 \u1e69',
  'its decomposed twin': 'cafe\u0301 A\u030a fi s\u0323\u0307',
  'marks in an order that normalisation would change': 's\u0307\u0323',
  'a pile of combining marks': `z${'\u0336\u0301\u0323'.repeat(400)}`,
  quotes: `'single' "double" \`back\` '' "" \\' \\"`,
  backslashes: '\\ \\\\ \\n \\0 \\x00 C:\\temp\\new',
  'wildcards of SQL': '%_ 100% _a_ [a-z] \\% \\_',
  'statements of SQL': `'; DROP TABLE im_message; -- /* */ $1 ? :name @v $$`,
  markup: '<script>alert(1)</script>&amp;<!-- --><![CDATA[x]]>',
  'line ends': 'a\r\nb\nc\rd\n\r\n',
  'line and paragraph separators': 'a\u2028b\u2029c\u0085d',
  'spaces at both ends': '  \t text \u00a0\u3000 ',
  'only spaces': '   ',
  'control characters': '\u0001\u0007\b\u000b\f\u001b[31m\u001c\u001d\u001e\u001f\u007f\u009f',
  'letters outside the basic plane': '\u{10ffff}\u{1f600}\u{20bb7}',
  noncharacters: '\ufffe\uffff\ufffd',
  'numbers that look like others': '1e309 9007199254740993 -0 NaN 0x1F 1_000',
  'words that parsers love': 'null true undefined __proto__ constructor NULL',
  '64 KiB': '0123456789abcdé😀'.repeat(4096),
}

/** JSON text that `JSON.stringify` would write differently; it must stay as it was written. */
const literals = [
  '{"text":"\\u0000"}',
  '{"text":"\\ud83d\\ude00 \\u00e9 \\/ \\u2028"}',
  '{ "b" : 1 ,\n "a" : [ 1.0 , 1e2 , -0 ] }',
  '{"z":1,"a":2,"10":3,"9":4}',
  '{"a":1,"a":2}',
  '{}',
  '{"deep":[[[[[[[[[[{"x":[]}]]]]]]]]]]}',
]

export const text: StorageGroup = {
  title: 'text',
  cases: [
    ...Object.entries(texts).map(([what, value]) => ({
      name: `comes back byte for byte: ${what}`,
      run: (scene: Parameters<StorageGroup['cases'][number]['run']>[0]) =>
        expectKept(scene, JSON.stringify({ text: value }), value),
    })),
    {
      name: 'JSON text comes back as it was written: escapes, spaces, order, numbers, repeated keys',
      async run(scene) {
        for (const literal of literals) await expectKept(scene, literal, 'plain')
      },
    },
  ],
}

async function expectKept(
  scene: Parameters<StorageGroup['cases'][number]['run']>[0],
  content: string,
  plain: string,
): Promise<void> {
  const [alice, bob] = scene.users('alice', 'bob')
  const subject = plain.slice(0, 40).toWellFormed()
  const conversationId = scene.conversation(`text${scene.now()}`)
  const op = scene.say(alice, bob, { conversationId, content, subject, type: 'text', ext: content })
  await scene.store(op)
  await scene.commit(scene.custom(bob, 'topic', content))
  const message = only(await scene.timeline(conversationId))
  expectSame(message.content, content)
  expectSame(message.ext, content)
  expectSame(message.subject, subject)
  const [pointer, fact] = (await scene.inbox(bob)).slice(-2)
  if (pointer?.kind !== 'message' || fact?.kind !== 'custom') throw new Error('the entries are not where they belong')
  expectSame(pointer.message?.content, content)
  expect(fact.body.includes(content), 'the payload stands in the body as it was given').toBe(true)
  const view = await scene.view(bob, conversationId)
  expectSame(view.subject, subject)
  expectSame(view.lastMessage?.content, content)
}

/** Like `toBe`, with a short message if the text is long. */
function expectSame(actual: string | null | undefined, expected: string): void {
  if (actual === expected) return
  let at = 0
  while (actual?.[at] === expected[at] && at < expected.length) at += 1
  const show = (value: string | null | undefined): string => JSON.stringify(value?.slice(Math.max(0, at - 5), at + 40))
  expect.fail(`differs at ${at}: got ${show(actual)}, expected ${show(expected)}`)
}
