"""Mail to one person: templates (text and HTML) and the way to the mail server.

Owns the message's form, the templates and the SMTP dialogue (RFC 5321, RFC 6531). Knows
nothing of users and links: values come ready to be shown.

Templates and the values they need:
    welcome  the first mail to a new user: `name`, `tenant`, `link`, `expires`
    reset    a link to set a new password: `name`, `tenant`, `link`, `expires`
"""
