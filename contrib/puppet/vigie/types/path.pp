# SPDX-License-Identifier: GPL-3.0-or-later
type Vigie::Path = Pattern[/\A\/([^\0\/]+\/*)*\z/]
