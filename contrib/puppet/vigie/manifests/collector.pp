# SPDX-License-Identifier: GPL-3.0-or-later
# @summary The machine with vigie on it: what vigie::node says elsewhere becomes files in conf.d.
#
# A node that PuppetDB forgets disappears from conf.d with the next run, as vigie purges its own files.
#
# @param puppetdb  collect exported resources; false: virtual ones of this catalog only
class vigie::collector (
  String[1] $realm    = 'default',
  Boolean   $puppetdb = true,
) {
  include vigie

  if $puppetdb {
    Vigie::Host <<| tag == "vigie-${realm}" |>>
    Vigie::Check <<| tag == "vigie-${realm}" |>>
  } else {
    Vigie::Host <| tag == "vigie-${realm}" |>
    Vigie::Check <| tag == "vigie-${realm}" |>
  }
}
