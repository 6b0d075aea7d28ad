// A group on the page: three users talk, mention, recall, edit and react; members come and go.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser, messages, row, say } from '../../testing/browser.js'

async function makeGroup(page: Page, name: string, members: string): Promise<void> {
  await page.getByRole('button', { name: 'New group' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name of the group').fill(name)
  await dialog.getByLabel('Members').fill(members)
  await dialog.getByRole('button', { name: 'Make the group' }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

async function open(page: Page, name: string): Promise<void> {
  await row(page, name).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

/** Chooses an item in the menu of a message. */
async function act(page: Page, text: string, what: string): Promise<void> {
  await messages(page).filter({ hasText: text }).getByRole('button', { name: 'What to do' }).click()
  await page.getByRole('menuitem', { name: what, exact: true }).click()
}

describeInBrowser('a group on the page', (visits) => {
  it('of three users, who talk, mention, edit, react and recall', async () => {
    const [alice, bob, carol] = [await visits.signIn('alice'), await visits.signIn('bob'), await visits.signIn('carol')]
    await makeGroup(alice, 'Golf drivers', 'bob, carol')
    await alice.locator('#presence').getByText('3 members').waitFor()
    await messages(alice).getByText('alice made the group').waitFor()

    // The list of users to mention, by keyboard alone.
    const words = alice.getByLabel('Message', { exact: true })
    await words.pressSequentially('Morning @')
    await expect.poll(() => alice.getByRole('option').allTextContents()).toEqual(['@bob', '@carol', '@all'])
    await words.press('ArrowDown')
    await words.press('ArrowUp')
    await words.press('Enter')
    expect(await words.inputValue()).toBe('Morning @bob ')
    await words.pressSequentially(', who drives today?')
    await words.press('Enter')

    await row(bob, 'Golf drivers').locator('.unread').getByText('1').waitFor()
    await row(bob, 'Golf drivers').locator('.mentioned').getByText('@1').waitFor()
    await row(carol, 'Golf drivers').locator('.unread').getByText('1').waitFor()
    expect(await row(carol, 'Golf drivers').locator('.mentioned').count()).toBe(0)
    await open(bob, 'Golf drivers')
    await messages(bob).filter({ hasText: 'alice' }).locator('mark', { hasText: '@bob' }).waitFor()
    await row(bob, 'Golf drivers').locator('.badges span').first().waitFor({ state: 'detached' })
    await say(bob, 'Me, and @all may come')
    await row(carol, 'Golf drivers').locator('.mentioned').getByText('@1').waitFor()
    await row(carol, 'Golf drivers').locator('.unread').getByText('2').waitFor()
    await row(carol, 'Golf drivers').getByText('bob: Me, and').waitFor()

    // Who has read it: carol has not opened the group.
    await act(alice, 'who drives today', 'Who has read it')
    await alice.getByRole('heading', { name: 'Read by 2 of 3' }).waitFor()
    await expect.poll(() => alice.locator('#readers-list li').allTextContents()).toEqual(['alice', 'bob'])
    await alice.getByRole('button', { name: 'Close' }).click()

    await act(bob, 'Me, and', 'Recall')
    for (const page of [alice, bob]) await messages(page).filter({ hasText: 'Message recalled' }).waitFor()
    await row(carol, 'Golf drivers').locator('.unread').getByText('1').waitFor()
    await row(carol, 'Golf drivers').locator('.mentioned').waitFor({ state: 'detached' })
    await open(carol, 'Golf drivers')
    await messages(carol).filter({ hasText: 'Message recalled' }).waitFor()
    for (const page of [alice, bob, carol]) expect(await page.content()).not.toContain('may come')

    await act(alice, 'who drives today', 'Edit')
    await alice.getByText('Editing a message').waitFor()
    await words.fill('who drives tomorrow?')
    await words.press('Enter')
    await messages(carol).filter({ hasText: 'who drives tomorrow?' }).getByText('edited').waitFor()

    await act(carol, 'who drives tomorrow', '👍')
    const thumbs = (page: Page) => messages(page).getByRole('button', { name: '👍' })
    await thumbs(alice).getByText('👍 1').click()
    await thumbs(carol).getByText('👍 2').waitFor()
    expect(await thumbs(alice).getAttribute('aria-pressed')).toBe('true')
    await thumbs(bob).getByText('👍 2').waitFor()
    expect(await thumbs(bob).getAttribute('aria-pressed')).toBe('false')
    await thumbs(carol).click()
    await thumbs(alice).getByText('👍 1').waitFor()

    // After a reload the message shows its present state, including my own reaction.
    await alice.reload()
    await open(alice, 'Golf drivers')
    await thumbs(alice).getByText('👍 1').waitFor()
    expect(await thumbs(alice).getAttribute('aria-pressed')).toBe('true')
    expect(await messages(alice).locator('.text').allTextContents()).toEqual([
      'who drives tomorrow?',
      'Message recalled',
    ])
  })

  it('has roles, mutes, an announcement, and members who come, go and are told', async () => {
    const [alice, bob, carol, dave] = [
      await visits.signIn('alice'),
      await visits.signIn('bob'),
      await visits.signIn('carol'),
      await visits.signIn('dave'),
    ]
    await makeGroup(alice, 'Sunday trip', 'bob carol')
    await open(bob, 'Sunday trip')
    await open(carol, 'Sunday trip')
    const dialog = alice.getByRole('dialog')
    await alice.getByRole('button', { name: 'Group', exact: true }).click()
    await dialog.getByText('3 members. You are owner.').waitFor()
    await dialog.getByLabel('Announcement').fill('We meet at nine')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await bob.locator('#announcement').getByText('We meet at nine').waitFor()

    await dialog.getByLabel('Add members').fill('dave, nobody-such')
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.getByRole('alert').getByText('no such users').waitFor()
    await dialog.getByLabel('Add members').fill('dave')
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.getByText('4 members').waitFor()
    await row(dave, 'Sunday trip').waitFor()

    await dialog.getByRole('button', { name: 'Make admin: bob' }).click()
    await dialog.locator('#members li', { hasText: 'bob' }).getByText('admin').first().waitFor()
    await dialog.getByRole('button', { name: 'Mute 1 h: carol' }).click()
    await dialog.locator('#members li', { hasText: 'carol' }).getByText('muted').waitFor()
    await say(carol, 'may I?')
    await messages(carol).getByText('Not sent: you may not speak').waitFor()
    await carol.getByRole('button', { name: 'Discard' }).click()
    await dialog.getByRole('button', { name: 'Unmute: carol' }).click()
    await messages(carol).getByText('alice unmuted carol').waitFor()
    await say(carol, 'now I may')
    await messages(bob).filter({ hasText: 'now I may' }).waitFor()

    await dialog.getByRole('button', { name: 'Mute everybody' }).click()
    await messages(carol).getByText('alice muted everybody').waitFor()
    await say(bob, 'admins may')
    await messages(carol).filter({ hasText: 'admins may' }).waitFor()
    await dialog.getByRole('button', { name: 'Let everybody write' }).click()

    await dialog.getByRole('button', { name: 'Remove: carol' }).click()
    await row(carol, 'Sunday trip').waitFor({ state: 'detached' })
    await carol.getByText('Choose a conversation').waitFor()
    await alice.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await say(alice, 'without carol')
    await messages(bob).filter({ hasText: 'without carol' }).waitFor()
    expect(await carol.content()).not.toContain('without carol')

    // The dialog offers an admin what an admin may do, and a member only to leave.
    await bob.getByRole('button', { name: 'Group', exact: true }).click()
    await expect.poll(() => bob.locator('#members button').allTextContents()).toEqual(['Mute 1 h', 'Remove'])
    await bob.getByRole('button', { name: 'Close' }).click()
    await open(dave, 'Sunday trip')
    await dave.getByRole('button', { name: 'Group', exact: true }).click()
    await expect.poll(() => dave.getByRole('dialog').getByRole('button').allTextContents()).toEqual(['Close', 'Leave'])
    await dave.getByRole('button', { name: 'Leave' }).click()
    await row(dave, 'Sunday trip').waitFor({ state: 'detached' })
    await messages(bob).getByText('dave left').waitFor()

    alice.on('dialog', (asked) => void asked.accept())
    await alice.getByRole('button', { name: 'Group', exact: true }).click()
    await dialog.getByRole('button', { name: 'Dissolve' }).click()
    for (const page of [alice, bob]) await row(page, 'Sunday trip').waitFor({ state: 'detached' })
  })

  it('is pinned and muted on all devices of one user, and explains what it refuses', async () => {
    const alice = await visits.signIn('alice')
    await makeGroup(alice, 'Quiet one', 'bob')
    await makeGroup(alice, 'Louder one', 'bob')
    const names = () => alice.locator('#conversations .name').allTextContents()
    expect((await names())[0]).toBe('Louder one')
    await open(alice, 'Quiet one')
    await alice.getByRole('button', { name: 'Pin' }).click()
    await expect.poll(async () => (await names())[0]).toBe('Quiet one')
    await alice.getByRole('button', { name: 'Mute', exact: true }).click()
    await row(alice, 'Quiet one').getByText('pinned, muted').waitFor()
    await alice.getByRole('button', { name: 'New group' }).click()
    const dialog = alice.getByRole('dialog')
    await dialog.getByLabel('Name of the group').fill('Ghosts')
    await dialog.getByLabel('Members').fill('nobody-such')
    await dialog.getByRole('button', { name: 'Make the group' }).click()
    await dialog.getByRole('alert').getByText('no such users').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
  })
})
