using System.Reflection;
using System.Xml.Linq;
using Samehost.AspNetCore;
using Samehost.Http;
using Xunit;

namespace Samehost.Tests.House;

/// <summary>Every public member is documented, so that an editor shows what it does where it is used.</summary>
public sealed class DocumentationTests
{
    private static readonly Assembly[] Libraries =
        [typeof(UnixEndPoint).Assembly, typeof(UnixHttp).Assembly, typeof(IUnixPeerFeature).Assembly, typeof(UnixSocketTable).Assembly];

    private static readonly Dictionary<string, XElement> Written = Libraries
        .SelectMany(l => XDocument.Load(Path.ChangeExtension(l.Location, ".xml")).Descendants("member"))
        .DistinctBy(m => m.Attribute("name")!.Value).ToDictionary(m => m.Attribute("name")!.Value);

    [Fact]
    public void Every_public_type_and_member_is_documented() =>
        Rule.HasNoExceptions(Libraries.SelectMany(PublicMembers.Types)
            .SelectMany(type => PublicMembers.Of(type).Where(m => !IsImplicitConstructor(m)).Prepend(type))
            .Select(DocumentationId.Of)
            .Where(id => !Written.TryGetValue(id, out var member) || !IsDocumented(member)));

    private static bool IsDocumented(XElement member) =>
        member.Element("inheritdoc") is not null || !string.IsNullOrWhiteSpace(member.Element("summary")?.Value);

    // A class that says nothing of constructors has one, which there is nothing to say about.
    private static bool IsImplicitConstructor(MemberInfo member) =>
        member is ConstructorInfo c && c.GetParameters().Length == 0 && !Written.ContainsKey(DocumentationId.Of(c));
}
