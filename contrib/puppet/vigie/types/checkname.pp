# SPDX-License-Identifier: GPL-3.0-or-later
# A name of a host or a check, as vigie takes them: no “/”, no control characters, at most 100 bytes.
type Vigie::Checkname = Pattern[/\A[^\/[:cntrl:]]{1,100}\z/]
