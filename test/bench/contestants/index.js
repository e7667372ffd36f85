import * as alova from './alova.js'
import * as axios from './axios.js'
import * as bare from './bare.js'
import * as fetchExtras from './fetch-extras.js'
import * as handWritten from './hand-written.js'
import * as ky from './ky.js'
import * as kyRecipe from './ky-recipe.js'
import * as latchkeyFetch from './latchkey-fetch.js'
import * as latchkeyKy from './latchkey-ky.js'
import * as oauth2Client from './oauth2-client.js'
import * as ofetch from './ofetch.js'
import * as wretch from './wretch.js'
import * as xior from './xior.js'

export const contestants = [
  bare,
  handWritten,
  latchkeyFetch,
  wretch,
  ofetch,
  fetchExtras,
  oauth2Client,
  xior,
  ky,
  latchkeyKy,
  kyRecipe,
  axios,
  alova,
]
