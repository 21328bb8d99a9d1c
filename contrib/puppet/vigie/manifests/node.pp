# SPDX-License-Identifier: GPL-3.0-or-later
# @summary This machine is to be watched: exports a host and checks made from its facts, for vigie::collector elsewhere.
#
# @param export    exported resources (these need PuppetDB), or virtual ones, for a catalog that also collects them
# @param realm     only collectors of the same realm take it
# @param services  further checks: name => { kind, value } or { kind, options }
# @param local     this machine runs vigie itself: checks of its disks, memory and units come, too
class vigie::node (
  String[1]            $host_name = $facts['networking']['fqdn'],
  String[1]            $address   = $facts['networking']['ip'],
  String[1]            $realm     = 'default',
  Boolean              $export    = true,
  Boolean              $local     = false,
  Array[String[1]]     $groups    = [],
  Array[String[1]]     $contacts  = [],
  Array[String[1]]     $parents   = [],
  Hash[String, Scalar] $labels    = {},
  Hash[String, Hash]   $services  = {},
) {
  $os = $facts['os']
  $facts_labels = { 'os' => "${os['name']} ${os['release']['major']}", 'virtual' => $facts['virtual'] }.filter |$k, $v| { $v =~ NotUndef }
  $host = {
    'host_name' => $host_name,
    'address'   => $address,
    'groups'    => [downcase($os['family'])] + $groups,
    'contacts'  => $contacts,
    'parents'   => $parents,
    'labels'    => $facts_labels + $labels,
    'tag'       => "vigie-${realm}",
  }

  # A Unix machine that has keys for ssh is reached by it.
  $ssh = $facts['ssh'] ? {
    undef   => {},
    default => { 'ssh' => { 'kind' => 'ssh', 'value' => "${address}:22" } },
  }
  $checks = $ssh + $services

  if $export {
    @@vigie::host { $host_name: * => $host }
    $checks.each |$name, $check| {
      @@vigie::check { "${host_name} ${name}":
        host => $host_name,
        tag  => "vigie-${realm}",
        *    => $check,
      }
    }
  } else {
    @vigie::host { $host_name: * => $host }
    $checks.each |$name, $check| {
      @vigie::check { "${host_name} ${name}":
        host => $host_name,
        tag  => "vigie-${realm}",
        *    => $check,
      }
    }
  }

  if $local {
    $real = $facts['mountpoints'] ? {
      undef   => [],
      default => $facts['mountpoints'].filter |$path, $m| {
        $m['filesystem'] in ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs'] and $m['device'] =~ /\A\/dev\/|\Azfs|\// and $path !~ /\A\/(proc|sys|run|snap)\b|\A\/etc\/(hosts|hostname|resolv\.conf)\z/
      }.keys,
    }
    $units = $facts['service_provider'] ? {
      'systemd' => { 'units' => {} },
      default   => {},
    }
    $disks = $real ? {
      []      => { 'disks' => {} },
      default => { 'disks' => { 'include' => $real.sort } },
    }
    ({ 'load' => {}, 'memory' => {} } + $disks + $units).each |$kind, $options| {
      vigie::check { "localhost ${kind}":
        host    => 'localhost',
        kind    => $kind,
        options => $options,
      }
    }
  }
}
