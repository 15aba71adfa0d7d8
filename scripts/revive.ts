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
  let before: number | null = Number.MAX_SAFE_INTEGER
  while (before !== null) {
    const response = await fetch(`${proxy}/admin/workflows?state=running&limit=100&before=${before}`, { headers })
    if (!response.ok) return
    const { runs, next }: { runs: { id: string }[]; next: number | null } = JSON.parse(await response.text())
    for (const { id } of runs) await fetch(`${proxy}/admin/workflows/${id}/retry`, { method: 'POST', headers })
    before = next
  }
}
