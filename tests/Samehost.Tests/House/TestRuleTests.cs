using System.Collections.Immutable;
using Xunit;

namespace Samehost.Tests.House;

/// <summary>What tests may not do.</summary>
public sealed class TestRuleTests
{
    // Where blocking a thread is what is tested. Nothing else may: waiting by the clock makes tests slow and unreliable.
    private static readonly ImmutableHashSet<string> BlockOnPurpose =
    [
        "tests/Samehost.TestPeer/Commands/Bind.cs", // until the time at which all processes start
        "tests/Samehost.Tests/EventLoops/BlockedHandlerTests.cs",
        "tests/Samehost.Tests/Serving/BlockedHandlerTests.cs",
        "tests/Samehost.Tests/Serving/Interop/Signals.cs", // between the signals that it sends
    ];

    private const string AsynchronousWithoutTimeout =
        @"^    \[(?:Fact|Theory)(?:\((?![^\]]*Timeout)[^\]]*\))?\]\s+(?:\[.*\]\s+)*public (?:async )?(?:Value)?Task\b.*";

    private static readonly string[] Tests = Repository.FilesUnder("tests", ".cs");

    [Fact]
    public void No_test_is_disabled() =>
        Rule.HasNoExceptions(Tests.SelectMany(f => Repository.Places(
            f, Repository.CodeOf(f), @"\[(?:Fact|Theory|InlineData|MemberData)\b[^\]]*\b(?:Skip|Explicit)\s*=")));

    [Fact]
    public void No_test_sleeps_until_something_has_happened() =>
        Rule.HasNoExceptions(Tests.Where(f => !BlockOnPurpose.Contains(f))
            .SelectMany(f => Repository.Places(f, Repository.CodeOf(f), @"\bThread\.Sleep\b")));

    [Fact]
    public void Every_asynchronous_test_has_a_timeout() =>
        Rule.HasNoExceptions(Tests.SelectMany(f => Repository.Places(f, Repository.CodeOf(f), AsynchronousWithoutTimeout)));
}
