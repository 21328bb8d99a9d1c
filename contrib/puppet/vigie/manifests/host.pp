# SPDX-License-Identifier: GPL-3.0-or-later
# @summary One host: a file conf.d/puppet-1-NAME.yaml.
#
# @param options  further keys of the host: title, alive, depends, notes, …
# @param checks   its checks, each as in YAML: { 'tcp' => 22 }
define vigie::host (
  Enum['present', 'absent'] $ensure    = 'present',
  Vigie::Checkname          $host_name = $title,
  Optional[String[1]]       $address   = undef,
  Array[String[1]]          $groups    = [],
  Array[String[1]]          $parents   = [],
  Array[String[1]]          $contacts  = [],
  Hash[String, Scalar]      $labels    = {},
  Hash[String, Any]         $options   = {},
  Array[Hash]               $checks    = [],
) {
  include vigie

  $given = {
    'address'  => $address,
    'groups'   => $groups,
    'parents'  => $parents,
    'contacts' => $contacts,
    'labels'   => $labels,
    'checks'   => $checks,
  }.filter |$key, $value| { $value =~ NotUndef and $value != [] and $value != {} }
  $file = regsubst($host_name, '[^A-Za-z0-9_.-]', '_', 'G')

  # Hosts come before the checks that other files add to them: files are read by name.
  vigie::file { "vigie::host ${title}":
    ensure => $ensure,
    path   => "${vigie::conf_d}/puppet-1-${file}.yaml",
    tree   => { 'hosts' => { $host_name => $options + $given } },
  }
}
