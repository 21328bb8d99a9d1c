# SPDX-License-Identifier: GPL-3.0-or-later
# @summary One file of YAML, validated before it replaces the one that is there. Used by the other types of this module.
define vigie::file (
  Hash                      $tree,
  Vigie::Path               $path,
  Enum['present', 'absent'] $ensure = 'present',
) {
  include vigie

  file { $path:
    ensure       => $ensure ? { 'present' => 'file', default => 'absent' },
    owner        => $vigie::file_owner,
    group        => $vigie::file_group,
    mode         => '0640',
    content      => epp('vigie/yaml.epp', { 'title' => $title, 'tree' => $tree }),
    show_diff    => false, # secrets may be in it
    validate_cmd => $vigie::validate_cmd,
  }
}
