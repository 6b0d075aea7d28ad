// What a person sees who types `npm start`.
import { expect, it, onTestFinished } from 'vitest'
import { dataFolder, startApp } from '../testing/running-app.js'
import { demoUsers } from './users/demo-users.js'

it('a start ends with the demo users and the URL, and prints little else', async () => {
  const folder = dataFolder()
  onTestFinished(() => folder.remove())
  const app = await startApp(folder.path)
  onTestFinished(() => void app.stop())
  const lines = app.output().trimEnd().split('\n')
  const { port } = new URL(app.url)
  expect(lines.at(-1)).toMatch(new RegExp(`http://localhost:${port}$`))
  for (const word of [...demoUsers.names, demoUsers.password]) expect(lines.at(-2)).toContain(word)
  expect(lines.length).toBeLessThanOrEqual(4)
  expect(await app.stop()).toMatchObject({ code: 0 })
})
