namespace Samehost.Stress.Running;

/// <summary>A property that must hold, tried for as long as wanted.</summary>
internal abstract class Campaign
{
    /// <summary>The command.</summary>
    public abstract string Name { get; }

    /// <summary>What it does and asserts, in a sentence.</summary>
    public abstract string Description { get; }

    /// <summary>Runs until the time is over.</summary>
    /// <exception cref="CampaignException">Something that must hold does not.</exception>
    public abstract Task RunAsync(CampaignRun run);
}

/// <summary>Reports what a campaign found.</summary>
internal sealed class CampaignException(string message, string? repeat = null) : Exception(message)
{
    /// <summary>The command that repeats it, where it is not the campaign's own with the same seed.</summary>
    public string? Repeat { get; } = repeat;
}
