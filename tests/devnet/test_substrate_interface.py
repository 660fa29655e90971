"""substrate-interface, which knows metadata V14 only, against the embedded chain."""

import asyncio

from substrateinterface import Keypair, SubstrateInterface

from subnet.devnet import Devnet


def _session(endpoint: str) -> dict[str, object]:
    alice, nobody = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Nobody")
    with SubstrateInterface(url=endpoint) as substrate:
        call = substrate.compose_call(
            "Balances", "transfer_keep_alive", {"dest": nobody.ss58_address, "value": 2 * 10**9}
        )
        extrinsic = substrate.create_signed_extrinsic(call, alice)
        receipt = substrate.submit_extrinsic(extrinsic, wait_for_finalization=True)
        nothing = {"delegate": nobody.ss58_address, "proxy_type": "Any", "delay": 0}
        remove = substrate.create_signed_extrinsic(
            substrate.compose_call("Proxy", "remove_proxy", nothing), alice
        )
        refused = substrate.submit_extrinsic(remove, wait_for_inclusion=True)
        found: dict[str, object] = {
            "success": receipt.is_success,
            "error": refused.error_message["name"],
            "balance": substrate.query("System", "Account", [nobody.ss58_address]).value["data"]["free"],
            "accounts": len(list(substrate.query_map("System", "Account"))),
            "deposit": substrate.get_constant("Balances", "ExistentialDeposit").value,
            "nonce": substrate.get_account_nonce(alice.ss58_address),
            "chain": substrate.chain,
        }
        return found


async def test_substrate_interface_transfers_and_reads(chain: Devnet) -> None:
    found = await asyncio.to_thread(_session, chain.endpoint)  # it is a blocking client
    assert found["success"]
    assert found["error"] == "NotFound"
    assert found["balance"] == 2 * 10**9
    assert found["accounts"] > 11
    assert (found["deposit"], found["nonce"], found["chain"]) == (500, 2, "Bittensor")
