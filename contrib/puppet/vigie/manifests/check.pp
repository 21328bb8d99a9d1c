# SPDX-License-Identifier: GPL-3.0-or-later
# @summary One check of a host: a file conf.d/puppet-2-HOST-TITLE.yaml.
#
# @param kind     http, tcp, tls, disks, … (`vigie check list`)
# @param value    its short form: an URL for http, a port for tcp
# @param options  its options, instead of the short form
define vigie::check (
  Vigie::Checkname                            $host,
  Pattern[/\A[a-z][a-z0-9_]*\z/]              $kind,
  Enum['present', 'absent']                   $ensure  = 'present',
  Optional[Variant[String[1], Integer, Array]] $value   = undef,
  Hash[String, Any]                           $options = {},
) {
  include vigie

  if $value =~ NotUndef and $options != {} {
    fail("vigie::check[${title}]: give either value or options")
  }
  $what = $value ? {
    undef   => $options,
    default => $value,
  }
  $file = regsubst("${host}-${title}", '[^A-Za-z0-9_.-]', '_', 'G')

  vigie::file { "vigie::check ${title}":
    ensure => $ensure,
    path   => "${vigie::conf_d}/puppet-2-${file}.yaml",
    tree   => { 'hosts' => { $host => { 'checks' => [{ $kind => $what }] } } },
  }
}
