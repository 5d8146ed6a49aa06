using BenchmarkDotNet.Attributes;

namespace Samehost.Micro;

/// <summary>Parsing of addresses and policies.</summary>
public class Parsing
{
    private readonly string _path = "/run/user/1000/hello.sock";
    private readonly string _abstractName = "@hello";
    private readonly string _ourselves = "self,root";
    private readonly string _numbers = "self,uid:1000,gid:100";

    [Benchmark]
    public UnixEndPoint ParsePath() => UnixEndPoint.Parse(_path);

    [Benchmark]
    public UnixEndPoint ParseAbstractName() => UnixEndPoint.Parse(_abstractName);

    [Benchmark]
    public UnixEndPoint FromPath() => UnixEndPoint.FromPath(_path);

    [Benchmark]
    public PeerPolicy ParsePolicyOfOurselves() => PeerPolicy.Parse(_ourselves);

    [Benchmark]
    public PeerPolicy ParsePolicyOfNumbers() => PeerPolicy.Parse(_numbers);
}
