# The walk of approval_gate. Approving is an administrator's, by /api/v1.
. "$(dirname "$0")/said.sh"

answer=$(curl -s -X POST $url/register -H "Content-Type: application/json" -d '{"username":"john","password":"password123"}' -w ' %{http_code}')
said '"message":"User registered successfully".* 201$'
answer=$(curl -s -X POST $url/login -H "Content-Type: application/json" -d '{"username":"john","password":"password123"}' -w ' %{http_code}')
said '"error":"Account not approved by admin".* 403$'

answer=$(curl -s -X POST $url/api/v1/auth/login -H "Content-Type: application/json" -d '{"login":"root","password":"correct horse battery staple"}')
admin=$(member access_token)
answer=$(curl -s "$url/api/v1/users?q=john" -H "Authorization: Bearer $admin")
john=$(member id)
answer=$(curl -s -X POST $url/api/v1/users/$john/approve -H "Authorization: Bearer $admin" -H "Content-Type: application/json" -d '{}')
said '"status":"active"'

answer=$(curl -s -X POST $url/login -H "Content-Type: application/json" -d '{"username":"john","password":"password123"}')
said '"access_token"'
token=$(member access_token)
answer=$(curl -s $url/dashboard -H "Authorization: Bearer $token")
said '"message":"Welcome, john!"'
answer=$(curl -s $url/admin -H "Authorization: Bearer $token" -w ' %{http_code}')
said '"error":"Admins only".* 403$'
answer=$(curl -s -X POST $url/login -H "Content-Type: application/json" -d '{"username":"root","password":"correct horse battery staple"}')
token=$(member access_token)
answer=$(curl -s $url/admin -H "Authorization: Bearer $token")
said '"message":"Welcome to the admin panel!"'
answer=$(curl -s $url/dashboard -w ' %{http_code}')
said '"msg":"Missing Authorization Header".* 401$'
end
