# SPDX-License-Identifier: GPL-3.0-or-later
# A hash as YAML. Puppet has such a function only in the module stdlib, which this one does without.
require 'yaml'

Puppet::Functions.create_function(:'vigie::to_yaml') do
  dispatch :to_yaml do
    param 'Any', :tree
    return_type 'String'
  end

  def to_yaml(tree)
    YAML.dump(plain(tree), line_width: -1).sub(/\A---\s*\n?/, '')
  end

  # What Puppet keeps as its own types becomes text; an undef is left out.
  def plain(value)
    case value
    when Hash then value.each_with_object({}) { |(k, v), h| h[k.to_s] = plain(v) unless v.nil? || v == :undef }
    when Array then value.map { |v| plain(v) }
    when Integer, Float, true, false then value
    when Puppet::Pops::Types::PSensitiveType::Sensitive then plain(value.unwrap)
    else value.to_s
    end
  end
end
