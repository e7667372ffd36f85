import { expect, test } from 'vitest'
import { driveDemo, signIn } from './demo-driver.ts'

const driver = driveDemo({ port: 0, accessTokenSeconds: 300, pace: 0 })

test('the demo’s apps in React and in Vue share one session: a sign-out in one is shown in the other', async () => {
  const { page, demo } = driver
  await signIn(driver, 'Mira')
  await page.goto(`${demo.url}frameworks.html`)
  const [react, vue] = [page.getByRole('region', { name: 'React' }), page.getByRole('region', { name: 'Vue' })]
  for (const app of [react, vue]) {
    await app.getByText('Signed in as Mira').waitFor()
    await app.getByRole('button', { name: 'Send a request' }).click()
    await app.getByText('The API answered 200.').waitFor()
  }
  await react.getByRole('button', { name: 'Sign out' }).click()
  for (const app of [react, vue]) await app.getByText('The session is signed-out').waitFor()
  expect(await page.getByText('Signed in').count()).toBe(0)
})
