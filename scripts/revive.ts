/**
 * Has runs of workflows go on after a restart, as Cloudflare does and as workerd by itself does not.
 * @module
 */

/**
 * @param proxy its address
 * @param adminToken without one nothing is done
 * @example
 * ```ts
 * await reviveRuns('http://localhost:8787', 'local-admin-token')
 * ```
 */
export async function reviveRuns(proxy: string, adminToken: string | undefined): Promise<void> {
  const headers = { Authorization: `Bearer ${adminToken}` }
  const response = await fetch(`${proxy}/admin/workflows?state=running&limit=100`, { headers })
  if (!response.ok) return
  const { runs }: { runs: { id: string }[] } = JSON.parse(await response.text())
  for (const { id } of runs) await fetch(`${proxy}/admin/workflows/${id}/retry`, { method: 'POST', headers })
}
