export { type DpopOptions, dpop, type LoginProof } from './schemes/dpop/dpop.ts'
export { type LoginProofRequest, loginProof } from './schemes/dpop/login-proof.ts'
