// Contacts that are the same on all devices of a user, and colleagues in the organisation's tree.
import { expect, it } from 'vitest'
import { describeInBrowser, messages, phone, row, say, tab } from '../../testing/browser.js'

describeInBrowser('people on the page', (visits) => {
  it('contacts that one device changes change on the other, at once or when it is back', async () => {
    const desk = await visits.signIn('alice')
    const pocket = await visits.signIn('alice', phone)
    await tab(desk, 'People')
    await tab(pocket, 'People')
    for (const page of [desk, pocket]) await page.getByText('Nobody yet.').waitFor()
    const add = async (name: string) => {
      await desk.getByLabel('Add a contact').fill(name)
      await desk.getByRole('button', { name: 'Add', exact: true }).click()
    }
    const contacts = pocket.locator('#contacts .name')
    await add('bob')
    await contacts.getByText('bob').waitFor()
    await add('nobody-such')
    await desk.getByRole('alert').getByText('no such user').waitFor()
    await pocket.goto('about:blank')
    await add('carol')
    await desk.locator('#contacts .name', { hasText: 'carol' }).waitFor()
    await desk.getByRole('button', { name: 'Remove bob from the contacts' }).click()
    await desk.locator('#contacts .name', { hasText: 'bob' }).waitFor({ state: 'detached' })
    await pocket.goto(visits.app.url)
    await tab(pocket, 'People')
    await contacts.getByText('carol').waitFor()
    expect(await contacts.allTextContents()).toEqual(['carol'])
    visits.complaints = visits.complaints.filter((line) => !line.includes('404'))
  })

  it('pinning on one device shows on the other', async () => {
    const desk = await visits.signIn('bob')
    const pocket = await visits.signIn('bob', phone)
    await desk.getByLabel('Start a chat with').fill('carol')
    await desk.getByRole('button', { name: 'Chat', exact: true }).click()
    await say(desk, 'hello')
    await row(pocket, 'carol').waitFor()
    await desk.getByRole('button', { name: 'Pin' }).click()
    await row(pocket, 'carol').getByText('pinned').waitFor()
  })

  it('a user finds a colleague in the tree, adds the contact and writes; the department has a group', async () => {
    const [piet, rosa] = [await visits.signIn('piet'), await visits.signIn('rosa')]
    await tab(piet, 'People')
    // By the keys that a tree of native elements supports.
    const workshop = piet.locator('summary', { hasText: 'Workshop (1)' })
    await workshop.press('Enter')
    await expect.poll(() => piet.getByRole('button', { name: 'Chat with theo' }).isVisible()).toBe(false)
    await workshop.press('Enter')
    await piet.getByRole('button', { name: 'Add theo to the contacts' }).click()
    await piet.locator('#contacts .name', { hasText: 'theo' }).waitFor()
    await expect.poll(() => piet.getByRole('button', { name: 'Add theo to the contacts' }).count()).toBe(0)
    // The focus stays in the tree when a contact comes or goes.
    const rosasRow = piet.locator('#organisation').getByRole('button', { name: 'Chat with rosa' })
    await rosasRow.focus()
    await piet.evaluate(`document.querySelector('[data-remove=theo]').click()`)
    await piet.getByRole('button', { name: 'Add theo to the contacts' }).waitFor()
    expect(await piet.evaluate('document.activeElement.ariaLabel')).toBe('Chat with rosa')
    await piet.locator('#organisation').getByRole('button', { name: 'Chat with rosa' }).click()
    await piet.getByRole('heading', { name: 'rosa', level: 1 }).waitFor()
    await say(piet, 'coffee?')
    await row(rosa, 'piet').locator('.unread').getByText('1').waitFor()
    await piet.getByRole('button', { name: 'Group of Sales' }).click()
    await piet.getByRole('heading', { name: 'Sales', level: 1 }).waitFor()
    expect(await piet.getByRole('button', { name: 'Group of Workshop' }).count()).toBe(0)
    await say(piet, 'who sells the Golf?')
    await row(rosa, 'Sales').click()
    await messages(rosa).filter({ hasText: 'who sells the Golf?' }).waitFor()
  })

  it('the tabs answer to the arrow keys', async () => {
    const page = await visits.signIn('dave')
    await page.getByRole('tab', { name: 'Chats' }).press('ArrowRight')
    expect(await page.getByRole('tab', { name: 'People' }).getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('ArrowRight')
    await page.getByRole('heading', { name: 'Cars for sale' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByLabel('Start a chat with').waitFor()
  })
})
