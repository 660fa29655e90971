// What an application in JavaScript does with a chain: connect, read, estimate a fee, pay, be refused, follow
// blocks. Prints one JSON document of what it saw. Run: node polkadot_api.mjs ws://HOST:PORT
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';

const RAO = 1_000_000_000n;
const api = await ApiPromise.create({ provider: new WsProvider(process.argv[2]), throwOnConnect: true });
const keys = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });
const [alice, nobody] = ['//Alice', '//Nobody'].map((uri) => keys.addFromUri(uri));
const free = async (who, at = api) => (await at.query.system.account(who.address)).data.free.toBigInt();

/** Sends a transaction and returns what became of it once its block is final. */
function outcome(transaction, signer) {
  return new Promise((resolve, reject) => {
    transaction
      .signAndSend(signer, (result) => (result.isFinalized || result.isError) && resolve(result))
      .catch(reject);
  });
}

/** The name of a failure, as an application shows it. */
function failure({ dispatchError }) {
  if (!dispatchError) return null;
  if (!dispatchError.isModule) return dispatchError.toHuman();
  const { section, name, docs } = api.registry.findMetaError(dispatchError.asModule);
  return { section, name, docs: docs.join(' ') };
}

/** The JSON-RPC error of a transaction that the pool refuses. */
async function refusal(transaction, signer, options) {
  try {
    await transaction.signAndSend(signer, options);
    return null;
  } catch ({ code, data }) {
    return { code, data };
  }
}

const pay = (amount) => api.tx.balances.transferKeepAlive(nobody.address, amount);
const remove = api.tx.proxy.removeProxy(nobody.address, 'Any', 0);
const before = await free(alice);
const estimate = (await pay(3n * RAO).paymentInfo(alice)).partialFee.toBigInt();
const paid = await outcome(pay(3n * RAO), alice);
const spent = before - (await free(alice)) - 3n * RAO;

const seen = {
  chain: api.runtimeChain.toString(),
  token: [api.registry.chainTokens[0], api.registry.chainDecimals[0]],
  deposit: api.consts.balances.existentialDeposit.toNumber(),
  accounts: (await api.query.system.account.entries()).length,
  tempos: (await api.query.subtensorModule.tempo.entries()).map(([{ args }]) => args[0].toNumber()),
  metagraph: (await api.call.subnetInfoRuntimeApi.getMetagraph(1)).unwrap().netuid.toNumber(),
  failure: failure(paid),
  events: paid.events.map(({ event }) => `${event.section}.${event.method}`),
  received: (await free(nobody)).toString(),
  feeError: Number(spent - estimate),
  past: (await free(nobody, await api.at(await api.rpc.chain.getBlockHash(0)))).toString(),
  module: failure(await outcome(remove, alice)),
  token_error: failure(await outcome(pay(10n ** 18n), alice)),
  batch: failure(await outcome(api.tx.utility.batchAll([pay(RAO), remove]), alice)),
  stale: await refusal(pay(1), alice, { nonce: 0 }),
  poor: await refusal(api.tx.system.remark('0x00'), keys.addFromUri('//Poor')),
};
const block = await api.rpc.chain.getBlock(paid.status.asFinalized);
seen.block = block.block.extrinsics.map(({ method }) => `${method.section}.${method.method}`);
seen.head = await new Promise((resolve, reject) => {
  api.rpc.chain.subscribeNewHeads((header) => resolve(header.number.toNumber())).catch(reject);
});
console.log(JSON.stringify(seen));
await api.disconnect();
