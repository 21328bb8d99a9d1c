# SPDX-License-Identifier: GPL-3.0-or-later
# @summary The daemon: package, vigie.yaml, the files of this module in conf.d, service.
#
# Of conf.d only what this module writes (puppet-*.yaml) is purged: what people or other programs put there stays.
#
# @param config      vigie.yaml as a hash (site, defaults, contacts, …); undef leaves that file to others
# @param config_dir  where vigie.yaml is
# @param validate    read each file with `vigie conf check --part` before it replaces the one that is there
# @param command     path of the program
# @param owner       of all files and folders; '' leaves it as it is, and so does group
# @param purge       remove files of this module that nothing declares any more
# @param hosts       vigie::host resources, for Hiera
# @param checks      vigie::check resources, for Hiera
class vigie (
  Optional[Hash]      $config         = undef,
  Vigie::Path         $config_dir     = '/etc/vigie',
  Boolean             $manage_package = true,
  String[1]           $package_name   = 'vigie',
  String[1]           $package_ensure = 'installed',
  Boolean             $manage_service = true,
  String[1]           $service_name   = 'vigie',
  Boolean             $validate       = true,
  Boolean             $purge          = true,
  Vigie::Path         $command        = '/usr/bin/vigie',
  String              $owner          = 'root',
  String              $group          = 'vigie',
  Hash[String, Hash]  $hosts          = {},
  Hash[String, Hash]  $checks         = {},
) {
  $conf_d = "${config_dir}/conf.d"
  $validate_cmd = $validate ? {
    true    => "${command} conf check --part %",
    default => undef,
  }

  $file_owner = $owner ? { '' => undef, default => $owner }
  $file_group = $group ? { '' => undef, default => $group }

  if $manage_package {
    package { $package_name:
      ensure => $package_ensure,
      before => File[$config_dir],
    }
  }

  file { $config_dir:
    ensure => directory,
    owner  => $file_owner,
    group  => $file_group,
    mode   => '0755',
  }

  # A glob cannot say “all but puppet-*”, so its letters are denied one by one.
  file { $conf_d:
    ensure  => directory,
    owner   => $file_owner,
    group   => $file_group,
    recurse => $purge,
    purge   => $purge,
    ignore  => ['[!p]*', 'p[!u]*', 'pu[!p]*', 'pup[!p]*', 'pupp[!e]*', 'puppe[!t]*', 'puppet[!-]*'],
  }

  if $config {
    vigie::file { 'vigie.yaml':
      path => "${config_dir}/vigie.yaml",
      tree => $config,
    }
  }

  create_resources('vigie::host', $hosts)
  create_resources('vigie::check', $checks)

  if $manage_service {
    service { $service_name:
      ensure  => running,
      enable  => true,
      restart => "systemctl reload ${service_name}",
    }
    Vigie::File <| |> ~> Service[$service_name]
    File[$conf_d] ~> Service[$service_name]
  }
}
