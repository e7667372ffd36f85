import { expect, test } from 'vitest'
import { awaitTicks } from '../../mutation/patience.ts'

test('What a failed test left rejected is reported before the next run, which would fail with it', async () => {
  const reported: unknown[] = []
  const note = (error: unknown) => reported.push(error)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
  const failing = async () => {
    void Promise.reject('left behind')
    throw new Error('it failed')
  }
  try {
    await expect(awaitTicks(failing(), 5)).rejects.toThrow('it failed')
    expect(reported).toEqual(['left behind'])
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const other of others) process.on('unhandledRejection', other)
  }
})
