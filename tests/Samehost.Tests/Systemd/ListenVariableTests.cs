using FsCheck;
using FsCheck.Fluent;
using Samehost.Systemd;
using Samehost.Tests.Systemd.Interop;
using Xunit;

namespace Samehost.Tests.Systemd;

/// <summary>What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES may hold.</summary>
public sealed class ListenVariableTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("4711", null)]
    [InlineData(null, "1")]
    [InlineData("4712", "1")]
    [InlineData("4712", "nonsense")]
    [InlineData("4711", "0")]
    public void Absent_variables_or_those_for_another_process_mean_nothing_was_passed(string? pid, string? count)
    {
        var environment = FixedServiceEnvironment.Listening(pid, count);
        using var passed = SystemdListenSockets.Take(environment, 3);
        Assert.Empty(passed);
        Assert.Equal(["UNRELATED"], environment.Left);
    }

    [Theory]
    [InlineData("4712", "1", "for process 4712, and this is process 4711: a wrapper has to start this program by exec")]
    [InlineData("4712", "0", null)]
    [InlineData("4712", "nonsense", null)]
    [InlineData(null, "1", null)]
    [InlineData("4711", "0", null)]
    public void Sockets_for_the_process_of_a_wrapper_are_reported_with_its_number(string? pid, string? count, string? hint)
    {
        using var passed = SystemdListenSockets.Take(FixedServiceEnvironment.Listening(pid, count), 3);
        Assert.Equal(hint is not null, passed.Hint is not null);
        Assert.Contains(hint ?? "", passed.Hint ?? "", StringComparison.Ordinal);
        var problem = Assert.Throws<InvalidOperationException>(() => passed.TakeListener());
        Assert.EndsWith(passed.Hint ?? "none was passed.", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LISTEN_PID", "", "1", null)]
    [InlineData("LISTEN_PID", "nonsense", "1", null)]
    [InlineData("LISTEN_PID", "-1", "1", null)]
    [InlineData("LISTEN_PID", "0", "1", null)]
    [InlineData("LISTEN_PID", "99999999999999999999", "1", null)]
    [InlineData("LISTEN_FDS", "4711", "", null)]
    [InlineData("LISTEN_FDS", "4711", "one", null)]
    [InlineData("LISTEN_FDS", "4711", "-1", null)]
    [InlineData("LISTEN_FDS", "4711", " 1", null)]
    [InlineData("LISTEN_FDS", "4711", "1.0", null)]
    [InlineData("LISTEN_FDS", "4711", "0x1", null)]
    [InlineData("LISTEN_FDS", "4711", "3", null)] // the third is not open
    [InlineData("LISTEN_FDS", "4711", "2147483644", null)]
    [InlineData("LISTEN_FDS", "4711", "2147483647", null)]
    [InlineData("LISTEN_FDS", "4711", "99999999999999999999", null)]
    [InlineData("LISTEN_FDNAMES", "4711", "2", "")]
    [InlineData("LISTEN_FDNAMES", "4711", "2", "one")]
    [InlineData("LISTEN_FDNAMES", "4711", "2", "one:two:three")]
    [InlineData("LISTEN_FDNAMES", "4711", "0", "one")]
    public void An_invalid_variable_is_refused_with_its_name_and_value_and_nothing_is_taken(
        string culprit, string pid, string count, string? names)
    {
        using var file = File.OpenHandle("/dev/null");
        using var inherited = new InheritedDescriptors(file, file);
        var environment = FixedServiceEnvironment.Listening(pid, count, names);
        var value = environment.Get(culprit)!;
        var problem = Assert.Throws<InvalidDataException>(() => SystemdListenSockets.Take(environment, inherited.First));
        Assert.StartsWith($"The environment variable {culprit} is '{value}': ", problem.Message, StringComparison.Ordinal);
        Assert.True(inherited.IsOpen(0) && inherited.IsOpen(1));
        Assert.Equal(["UNRELATED"], environment.Left);
    }

    [Fact]
    public void A_value_with_control_characters_is_printed_escaped_and_truncated()
    {
        var environment = FixedServiceEnvironment.Listening("4711", "1\n\x1b[31m" + new string('x', 200));
        var problem = Assert.Throws<InvalidDataException>(() => SystemdListenSockets.Take(environment, 3));
        Assert.Contains(@"'1\x0a\x1b[31mxxx", problem.Message, StringComparison.Ordinal);
        Assert.InRange(problem.Message.Length, 100, 250);
    }

    [Fact]
    public void A_descriptor_that_this_process_opened_itself_is_not_taken()
    {
        using var file = File.OpenHandle("/dev/null"); // closed on exec, as everything that the runtime opens
        var number = (int)file.DangerousGetHandle();
        var environment = FixedServiceEnvironment.Listening("4711", "1");
        var problem = Assert.Throws<InvalidDataException>(() => SystemdListenSockets.Take(environment, number));
        Assert.Contains($"descriptor {number} was not passed", problem.Message, StringComparison.Ordinal);
        Assert.False(file.IsClosed);
        Assert.Equal(0, RandomAccess.Read(file, new byte[1], 0));
    }

    [Fact]
    public void Clearing_removes_the_variables_from_the_runtime_and_from_the_process()
    {
        var name = $"SAMEHOST_TEST_{Guid.NewGuid():N}";
        InheritedDescriptors.SetVariable(name, "x");
        Environment.SetEnvironmentVariable(name, "x");
        ServiceEnvironment.Own.Clear(name);
        Assert.Null(Environment.GetEnvironmentVariable(name));
        Assert.False(InheritedDescriptors.IsVariableSet(name));
    }

    [Fact]
    public void Any_value_of_the_variables_results_in_a_matching_set_or_the_documented_exception()
    {
        using var file = File.OpenHandle("/dev/null");
        using var inherited = new InheritedDescriptors(file, file);
        var texts = Gen.OneOf(
            Gen.Elements<string?>(null, "", "0", "1", "2", "3", "-1", "4711", "4712", "a:b", "a", ":", "::", "2147483648", " 2", "+2"),
            ArbMap.Default.GeneratorFor<string?>());
        var three = Gen.Two(texts).SelectMany(_ => texts, (two, third) => (Pid: two.Item1, Count: two.Item2, Names: third));
        var likely = Gen.Frequency((1, three), (2, three.Select(t => t with { Pid = "4711" })));
        Prop.ForAll(likely.ToArbitrary(), given =>
        {
            var environment = FixedServiceEnvironment.Listening(given.Pid, given.Count, given.Names);
            var count = 0;
            try
            {
                using var passed = SystemdListenSockets.Take(environment, inherited.First);
                count = passed.Count;
                if (count > 0 && (given.Pid != "4711" || given.Count != $"{count}" || !passed.All(s => inherited.IsClosedOnExec(s.Index))))
                    return false;
            }
            catch (InvalidDataException)
            {
                // documented; the descriptors are then as they were
            }

            var right = inherited.IsOpen(0) == count < 1 && inherited.IsOpen(1) == count < 2;
            right &= environment.Left.SequenceEqual(["UNRELATED"]);
            for (var i = 0; i < count; i++)
                inherited.Put(i, file);
            return right;
        }).QuickCheckThrowOnFailure();
    }
}
