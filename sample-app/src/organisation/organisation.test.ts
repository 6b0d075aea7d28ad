// The company's tree, and the groups of its departments, which follow it.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'
import type { DepartmentView } from './organisation.service.js'
import { Employee } from './employee.entity.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

const headers = { 'x-admin-key': 'dev' }
const move = (userId: string, departmentId: string) =>
  app.post(`/admin/organisation/${userId}/department`, { departmentId }, { headers })

const tree = async (): Promise<DepartmentView> =>
  ((await app.get('/organisation', { as: 'alice' })).body as unknown as DepartmentView[])[0]!
const departmentOf = async (id: string): Promise<DepartmentView> =>
  (await tree()).departments.find(({ departmentId }) => departmentId === id)!
/** The members of a department's group, without its owner. */
const groupOf = async (id: string): Promise<string[]> => {
  const { members } = await app.chat.im.groups.members((await departmentOf(id)).groupId)
  return members.filter(({ role }) => role !== 'owner').map(({ userId }) => userId)
}

// The demo's groups come with the first commit, soon after the start.
beforeEach(() => vi.waitFor(async () => expect(await groupOf('workshop')).toEqual(['theo'])))

describe('the organisation', () => {
  it('is a tree of departments with their employees, for logged-in users', async () => {
    const groupId = expect.any(String)
    expect(await tree()).toEqual({
      departmentId: 'company',
      name: 'Rookery Cars',
      groupId,
      people: ['olga'],
      departments: [
        { departmentId: 'sales', name: 'Sales', groupId, people: ['piet', 'rosa'], departments: [] },
        { departmentId: 'workshop', name: 'Workshop', groupId, people: ['theo'], departments: [] },
      ],
    })
    expect((await app.get('/organisation')).status).toBe(401)
  })

  it('has a group for each department, in which its employees talk', async () => {
    const { groupId } = await departmentOf('sales')
    const [piet, rosa] = [await app.chat.online('piet'), await app.chat.online('rosa')]
    await piet.sendToGroup(groupId, 'who sells the Golf?')
    await rosa.received(({ content }) => content?.text === 'who sells the Golf?')
    const theo = await app.chat.online('theo')
    await expect(theo.sendToGroup(groupId, 'me')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a user who is moved', () => {
  it('leaves one group and joins the other; the row says the same', async () => {
    const [sales, workshop] = [await departmentOf('sales'), await departmentOf('workshop')]
    const [rosa, theo] = [await app.chat.online('rosa'), await app.chat.online('theo')]
    expect((await move('rosa', 'workshop')).status).toBe(204)
    await rosa.received(({ content, groupId }) => content?.event === 'added' && groupId === workshop.groupId)
    expect([await groupOf('sales'), await groupOf('workshop')]).toEqual([['piet'], ['rosa', 'theo']])
    expect((await departmentOf('workshop')).people).toEqual(['rosa', 'theo'])
    await expect(rosa.sendToGroup(sales.groupId, 'bye')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await rosa.sendToGroup(workshop.groupId, 'hello')
    await theo.received(({ content }) => content?.text === 'hello')
    expect((await move('rosa', 'sales')).status).toBe(204)
    await vi.waitFor(async () => expect(await groupOf('workshop')).toEqual(['theo']))
  })

  it('to their own department changes nothing', async () => {
    const before = await app.chat.im.groups.get((await departmentOf('sales')).groupId)
    expect((await move('piet', 'sales')).status).toBe(204)
    // The outbox keeps its order: a change would come before this one.
    await app.post('/auth/register', { username: 'erin', password: 'long enough' })
    await move('erin', 'sales')
    await vi.waitFor(async () => expect(await groupOf('sales')).toContain('erin'))
    expect(await app.chat.im.groups.get(before.groupId)).toMatchObject({ version: before.version + 1 })
  })

  it('by two at once ends in one department, in the rows and in the groups', async () => {
    await app.post('/auth/register', { username: 'frank', password: 'long enough' })
    await move('frank', 'sales')
    const moves = ['workshop', 'sales', 'workshop', 'sales', 'workshop'].map((to) => move('frank', to))
    for (const { status } of await Promise.all(moves)) expect([204, 409]).toContain(status)
    const { departmentId } = await app.database.getRepository(Employee).findOneByOrFail({ userId: 'frank' })
    const other = departmentId === 'sales' ? 'workshop' : 'sales'
    await vi.waitFor(async () => expect(await app.database.query('SELECT id FROM im_outbox')).toEqual([]))
    expect(await groupOf(departmentId)).toContain('frank')
    expect(await groupOf(other)).not.toContain('frank')
    await move('frank', 'sales')
    await vi.waitFor(async () => expect(await groupOf('workshop')).toEqual(['theo']))
  })

  it.each<[string, number, string, object, Record<string, string>]>([
    ['who does not exist', 404, 'nobody-such', { departmentId: 'sales' }, headers],
    ['to a department that there is not', 404, 'piet', { departmentId: 'moon' }, headers],
    ['to nowhere', 400, 'piet', {}, headers],
    ['without the admin key', 401, 'piet', { departmentId: 'workshop' }, {}],
  ])('%s is answered %i, and stays', async (_, status, userId, body, given) => {
    expect((await app.post(`/admin/organisation/${userId}/department`, body, { headers: given })).status).toBe(status)
    expect((await departmentOf('sales')).people).toContain('piet')
  })
})
