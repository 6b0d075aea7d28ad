import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readConfig } from './config.js'

it('names this machine under its own port as the place for clients, if PUBLIC_URL names none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sample-config-'))
  const urlOf = (env: Readonly<Record<string, string>>): string | undefined =>
    readConfig({ DATABASE_URL: `sqlite:${folder}/app.sqlite`, ...env }).publicUrl
  try {
    expect(urlOf({ PORT: '3999' })).toBe('http://localhost:3999')
    expect(urlOf({ PORT: '3999', PUBLIC_URL: 'https://chat.example' })).toBe('https://chat.example')
    expect(urlOf({ PORT: '0' })).toBeUndefined()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('meets other processes where REDIS_URL says, and repeats no password of a wrong one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sample-config-'))
  const urlOf = (REDIS_URL: string): string | undefined =>
    readConfig({ DATABASE_URL: `sqlite:${folder}/app.sqlite`, REDIS_URL }).redisUrl
  try {
    expect(urlOf('redis://127.0.0.1:6379')).toBe('redis://127.0.0.1:6379')
    expect(urlOf('')).toBeUndefined()
    expect(() => urlOf('http://user:secret@host')).toThrow(/^REDIS_URL must be redis:.* not "http:"$/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
