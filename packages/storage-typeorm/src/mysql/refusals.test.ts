import { expect, it } from 'vitest'
import { describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { inOwn, refusalScene, refusalTrials, statuses } from '../../testing/refusal-trials.js'

const judge = `CREATE TRIGGER judge BEFORE INSERT ON im_message FOR EACH ROW BEGIN
    IF NEW.type = 'bad' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not here'; END IF;
    IF NEW.type = 'full' THEN SIGNAL SQLSTATE '53100' SET MESSAGE_TEXT = 'no space'; END IF; END`

describeOnMysql('a refusal on MySQL', () => {
  const scene = refusalScene(freshDatabase)
  refusalTrials(scene, judge)

  it('what one packet cannot carry is refused alone, and what it can is kept', async () => {
    const [{ size }] = (await scene.database.ask('SELECT @@max_allowed_packet AS size')) as [{ size: number }]
    const large = (units: number): string => `{"text":"${'x'.repeat(units)}"}`
    const results = await scene.commit([
      inOwn('large.1', { content: large(size) }),
      inOwn('large.2', { content: large(2_000_000) }),
      inOwn('large.3'),
    ])
    expect(statuses(results)).toEqual(['refused', 'stored', 'stored'])
    const { messages } = await scene.storage.timelines.messages('of-large', { limit: 10 })
    expect(messages[0]?.content).toBe(large(2_000_000))
  })

  it('a group whose name it cannot keep is refused alone, and so is an edit', async () => {
    const lone = String.fromCharCode(0xd800)
    const { message } = inOwn('named.1', { kind: 'c2g', to: null, type: 'im.group', countable: false })
    const results = await scene.commit([
      { op: 'group', message, version: null, members: [], change: { name: lone } },
      inOwn('edited.1'),
      {
        op: 'control',
        message: inOwn('edited.2', { type: 'im.edit', countable: false }).message,
        members: ['alice', 'bob'],
        change: { kind: 'edit', seq: 1, content: `{"text":"${lone}"}` },
      },
    ])
    expect(statuses(results)).toEqual(['refused', 'stored', 'refused'])
    expect(await scene.storage.groups.group('of-named')).toBeNull()
  })
})
